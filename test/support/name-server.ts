import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';

/** A name server on loopback that knows what a test tells it. */
export interface NameServer {
  /** For DNS_SERVERS. */
  readonly address: string;
  /** TXT records by name; each is cut into strings of 255 characters at most, as DNS has it. */
  readonly records: Map<string, string[]>;
  /** IPv4 addresses by name. */
  readonly addresses: Map<string, string>;
  /** Milliseconds until a question about one of these names is answered. */
  readonly delays: Map<string, number>;
  /** How often it was asked. */
  readonly questions: number;
  stop(): Promise<void>;
}

export async function startNameServer(): Promise<NameServer> {
  const records = new Map<string, string[]>();
  const addresses = new Map<string, string>();
  const delays = new Map<string, number>();
  const waiting = new Set<NodeJS.Timeout>();
  let questions = 0;
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    questions += 1;
    const query = decode(message);
    const { name = '', type = 'TXT' } = query.questions?.[0] ?? {};
    const found = records.get(name.toLowerCase());
    const address = addresses.get(name.toLowerCase());
    const answer = encode({
      type: 'response',
      id: query.id,
      // NXDOMAIN where nothing is known.
      flags: found || address ? 0 : 3,
      questions: query.questions,
      answers:
        type === 'TXT'
          ? (found ?? []).map((text) => ({ type, name, ttl: 1, data: text.match(/.{1,255}/g) ?? [''] }))
          : type === 'A' && address
            ? [{ type, name, ttl: 1, data: address }]
            : [],
    });
    const reply = (): void => socket.send(answer, from.port, from.address);
    const delay = delays.get(name.toLowerCase());
    if (delay === undefined) return reply();
    const timer = setTimeout(() => {
      waiting.delete(timer);
      reply();
    }, delay);
    waiting.add(timer);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    addresses,
    delays,
    get questions() {
      return questions;
    },
    stop() {
      for (const timer of waiting) clearTimeout(timer);
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
