import type { DescMethod } from '@bufbuild/protobuf';
import type { RpcCall } from '@dovecote/rpc';
import { methodName } from '../access/index.js';

export interface LocalCaller {
  /** The address of the browser. */
  readonly address: string;
  readonly header: Headers;
}

/** A call from a page of this server instead of the wire; it passes the same pipeline. */
export class LocalCall implements RpcCall {
  readonly name: string;
  readonly header: Headers;
  readonly address: string;
  readonly responseHeader = new Headers();
  readonly responseTrailer = new Headers();
  readonly signal = new AbortController().signal;
  readonly protocol = 'connect';
  readonly proxied = false;
  readonly listener = 'public';
  readonly json = false;
  readonly ignored = [];

  constructor(
    readonly method: DescMethod,
    { address, header }: LocalCaller,
  ) {
    this.name = methodName(method);
    this.address = address;
    this.header = header;
  }

  queryParameter(): undefined {
    return undefined;
  }
}
