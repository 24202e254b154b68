import { MiB } from '../bytes.js';
import type { Group, HostileRequest } from '../request.js';
import { connectCall, grpcCall, type Options } from '../wire.js';
import { createCampaign, createTemplate, type World } from './world.js';

/** Bodies over the limit, over every protocol, announced and not. */
export function sizes({ apiKey }: World): Group[] {
  return [
    {
      title: 'Bodies over the limit',
      requests: [{ authorization: apiKey }, {}].flatMap((caller) => [
        ...over(createTemplate, 5, caller),
        ...over(createCampaign, 17, caller),
      ]),
    },
  ];
}

function over(path: string, mebibytes: number, caller: Options): HostileRequest[] {
  const body = (): Buffer => Buffer.alloc(mebibytes * MiB, 0x61);
  const who = caller.authorization ? 'API key' : 'nobody';
  const named = (how: string): string => `${who}, ${mebibytes} MiB, ${how}`;
  const unannounced = { ...caller, unannounced: true };
  return [
    connectCall(named('Connect, HTTP/1.1'), path, 'json', body, { ...caller, http: 1 }),
    connectCall(named('Connect, HTTP/1.1, no length'), path, 'json', body, { ...unannounced, http: 1 }),
    connectCall(named('Connect, HTTP/2'), path, 'json', body, caller),
    connectCall(named('Connect, HTTP/2, no length'), path, 'json', body, unannounced),
    grpcCall(named('gRPC'), path, body, caller),
    grpcCall(named('gRPC-Web, HTTP/1.1'), path, body, { ...caller, http: 1 }),
  ];
}
