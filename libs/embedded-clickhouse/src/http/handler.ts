import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exception, exceptionOf } from '../exception.js';
import { type AnswerContext, answerException } from './answer.js';
import { isAuthorized } from './authorize.js';
import { readStatement } from './read-statement.js';
import { type Request, requestOf } from './request.js';
import type { Statements } from './statements.js';

export interface HandlerOptions {
  readonly statements: Statements;
  readonly version: string;
  readonly username: string;
  readonly password: string;
  readonly maxStatementBytes: number;
}

/** Answers the requests of ClickHouse's HTTP interface. */
export class Handler {
  private isStopping = false;

  constructor(private readonly options: HandlerOptions) {}

  /** Refuses statements from now on. */
  stop(): void {
    this.isStopping = true;
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { version } = this.options;
    try {
      const request = requestOf(message);
      setHeaders(request, response);
      if (request.path === '/ping' || request.path === '/replicas_status') return this.ping(response);
      if (request.path !== '/') throw noHandle(request.path);
      if (!isAuthorized(request, this.options)) throw authenticationFailed(request.user);
      if (message.method === 'GET' && request.query === undefined) return this.ping(response);
      await this.execute(request, { message, response, version, isCompressed: request.isCompressed });
    } catch (error) {
      answerException({ message, response, version }, exceptionOf(error));
    }
  }

  private ping(response: ServerResponse): void {
    response.statusCode = this.isStopping ? 503 : 200;
    response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    response.end(this.isStopping ? 'The engine is stopping.\n' : 'Ok.\n');
  }

  private async execute(request: Request, context: AnswerContext): Promise<void> {
    const hangUp = new AbortController();
    const { response } = context;
    response.once('close', () => {
      if (!response.writableFinished) hangUp.abort();
    });
    const read = await readStatement(request, context.message, this.options.maxStatementBytes);
    if (this.isStopping) throw new Exception(236, 'ABORTED', 'The embedded engine is being stopped.');
    await this.options.statements.execute({ ...request, ...read, signal: hangUp.signal }, context);
  }
}

function setHeaders({ queryId }: Request, response: ServerResponse): void {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'embedded');
  response.setHeader('X-ClickHouse-Query-Id', encodeURI(queryId));
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
}

function noHandle(path: string): Exception {
  return new Exception(80, 'INCORRECT_QUERY', `There is no handle ${path}.`);
}

function authenticationFailed(user: string): Exception {
  const message = `${user}: Authentication failed: password is incorrect, or there is no user with such name.`;
  return new Exception(516, 'AUTHENTICATION_FAILED', message);
}
