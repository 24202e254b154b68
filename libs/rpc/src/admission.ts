import type { RpcCall } from './call.js';

/** The data of a call to an unknown method. */
export type CallHead = Pick<
  RpcCall,
  'name' | 'header' | 'responseHeader' | 'protocol' | 'address' | 'listener'
>;

/** Judges calls by their header, before anything of their body is read: whatever it throws is the answer. */
export interface Admission {
  admit(call: RpcCall): void | Promise<void>;
  /** Called for a call to an unknown method: it is refused in any case, but counts towards rate limits. */
  turnAway(call: CallHead): void | Promise<void>;
}
