import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';

/** A name server on loopback that knows what a test tells it. */
export interface NameServer {
  /** For DNS_SERVERS. */
  readonly address: string;
  /** TXT records by name; each is cut into strings of 255 characters at most, as DNS has it. */
  readonly records: Map<string, string[]>;
  /** How often it was asked. */
  readonly questions: number;
  stop(): Promise<void>;
}

export async function startNameServer(): Promise<NameServer> {
  const records = new Map<string, string[]>();
  let questions = 0;
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    questions += 1;
    const query = decode(message);
    const name = query.questions?.[0]?.name ?? '';
    const found = records.get(name.toLowerCase());
    const answer = encode({
      type: 'response',
      id: query.id,
      // NXDOMAIN where nothing is known.
      flags: found ? 0 : 3,
      questions: query.questions,
      answers: (found ?? []).map((text) => ({
        type: 'TXT',
        name,
        ttl: 1,
        data: text.match(/.{1,255}/g) ?? [''],
      })),
    });
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    get questions() {
      return questions;
    },
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
