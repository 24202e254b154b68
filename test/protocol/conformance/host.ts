import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { RpcServer } from '@dovecote/rpc';
import type { Contract, ServerCompatRequest } from './contract.js';
import { ConformanceHandlers } from './service.js';

/** Runs a server under test for each connection, until it is closed. bridge.mjs connects. */
export class Host {
  private readonly server: Server;
  /** What went wrong outside of any call. */
  readonly failures: unknown[] = [];

  private readonly contract: Contract;

  constructor(contract: Contract) {
    this.contract = contract;
    this.server = createServer((socket) => {
      this.serve(socket).catch((error: unknown) => {
        this.failures.push(error);
        socket.destroy();
      });
    });
  }

  async listen(path: string): Promise<void> {
    this.server.listen(path);
    await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
  }

  private async serve(socket: Socket): Promise<void> {
    // The suite kills the bridge; what ends the connection then is no failure.
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    const request = fromBinary(this.contract.schema('ServerCompatRequest'), await sizedMessage(socket));
    // The schema is looked up by name; its TypeScript shape is not known from that.
    const { server, certificate } = this.serverFor(request as ServerCompatRequest);
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const response = { host: '127.0.0.1', port, pemCert: certificate };
    const schema = this.contract.schema('ServerCompatResponse');
    socket.write(sized(toBinary(schema, this.contract.message('ServerCompatResponse', response))));
    await closed;
    await server.close(0);
  }

  private serverFor({ useTls, messageReceiveLimit, serverCreds }: ServerCompatRequest) {
    const service = this.contract.registry.getService('connectrpc.conformance.v1.ConformanceService');
    if (!service) throw new Error('The suite has no ConformanceService');
    const handlers = new ConformanceHandlers(this.contract);
    const tls = useTls && serverCreds;
    const server = new RpcServer({
      services: [service],
      handle: (method) => handlers.handler(method),
      limits: messageReceiveLimit > 0 ? { requestBytes: messageReceiveLimit } : {},
      tls: tls ? { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) } : undefined,
    });
    return { server, certificate: tls ? tls.cert : new Uint8Array() };
  }
}

/** A message behind its length in four bytes. */
async function sizedMessage(socket: Socket): Promise<Uint8Array> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length < 4) continue;
    const size = received.readUInt32BE();
    if (received.length >= 4 + size) return received.subarray(4, 4 + size);
  }
  throw new Error('The suite asked for no server');
}

function sized(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}
