// The load generator, a process of its own: told what to call, it keeps a fixed number of calls in flight for a
// while (a closed loop: a new call begins when one ends) and tells how it went.
import { callOverHttp1 } from './http1.js';
import { callOverHttp2 } from './http2.js';
import { callsInFlight, http2Connections, type PassRequest } from './shape.js';
import { Tally } from './tally.js';

process.on('message', (request: PassRequest) => void run(request));
process.on('disconnect', () => process.exit());

async function run({ port, shape, seconds, inFlight = callsInFlight }: PassRequest): Promise<void> {
  const tally = new Tally(seconds);
  await Promise.all(
    shape.http === 1
      ? Array.from({ length: inFlight }, () => callOverHttp1(port, shape, tally))
      : Array.from({ length: http2Connections }, () =>
          callOverHttp2(port, shape, inFlight / http2Connections, tally),
        ),
  );
  process.send!(tally.result());
}
