import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { requestIdHeader } from '../../../platform/telemetry/request-id.js';
import type { ConnectStrategy } from '../../../platform/rpc/connect.strategy.js';
import type { PageSession } from './page-session.js';

/** Calls the API as any other client does, with the token of the person who sees the page: a page can do no more. */
export class PageClient {
  private readonly header = new Headers();

  constructor(
    private readonly strategy: Pick<ConnectStrategy, 'call'>,
    private readonly address: string,
    requestId: string,
    session?: PageSession,
  ) {
    this.header.set(requestIdHeader, requestId);
    if (session) this.header.set('authorization', `Bearer ${session.accessToken}`);
    if (session?.orgId) this.header.set('x-org-id', session.orgId);
  }

  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return this.strategy.call(method, request, { address: this.address, header: new Headers(this.header) });
  }
}
