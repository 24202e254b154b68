import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { type Client, ConnectError } from '@connectrpc/connect';

/** What came of a call of any kind: its messages, or the error. */
export type Outcome =
  { messages: unknown[]; error?: undefined } | { messages: unknown[]; error: ConnectError };

/** Calls a method that a spec knows by descriptor only, and reads a stream to its end. */
export async function callRpc(
  client: Client<DescService>,
  method: DescMethod,
  request: Record<string, unknown>,
): Promise<Outcome> {
  const messages: unknown[] = [];
  try {
    // The client of an unnamed service cannot know the kind of its methods; the descriptor does.
    const call = client[method.localName] as unknown as (request: unknown) => unknown;
    const answer = call(request);
    if (method.methodKind === 'server_streaming') {
      for await (const message of answer as AsyncIterable<unknown>) messages.push(message);
    } else {
      messages.push(await answer);
    }
    return { messages };
  } catch (error) {
    return { messages, error: ConnectError.from(error) };
  }
}
