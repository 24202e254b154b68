import type { RpcCall } from './call.js';

/** What is known of a call whose method nobody serves. */
export type CallHead = Pick<
  RpcCall,
  'name' | 'header' | 'responseHeader' | 'protocol' | 'address' | 'listener'
>;

/** Judges calls by their header, before anything of their body is read: whatever it throws is the answer. */
export interface Admission {
  admit(call: RpcCall): void | Promise<void>;
  /** Of a method that nobody serves: the call is refused in any case, but not for free. */
  turnAway(call: CallHead): void | Promise<void>;
}
