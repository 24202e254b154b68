import { ConnectError } from '@connectrpc/connect';

/** The error that a call is expected to end with. */
export async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('the call was expected to fail');
}
