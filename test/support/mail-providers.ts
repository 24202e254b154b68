import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface SmtpAttempt {
  /** `user:password`, if the client has sent one. */
  account?: string;
  from: string;
  to: string;
  /** Headers and text, once all has arrived; empty when the mail was refused before. */
  data: string;
}

/** A mail server that asks for an account, and does what a spec tells it. */
export class ProviderSmtp {
  readonly attempts: SmtpAttempt[] = [];
  /** Answers to commands in the place of `250 ok`, by the beginning of the command: `{ 'RCPT TO': '550 no such user' }`. */
  answers: Record<string, string> = {};
  private readonly server: Server = createServer((socket) => this.converse(socket));

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }

  get mails(): SmtpAttempt[] {
    return this.attempts.filter(({ data }) => data !== '');
  }

  private converse(socket: Socket): void {
    const attempt: SmtpAttempt = { from: '', to: '', data: '' };
    let receiving = false;
    let data = '';
    let text = '';
    socket.write('220 spec ESMTP\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString();
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (receiving && line !== '.') {
          data += `${line}\r\n`;
        } else {
          if (receiving) attempt.data = data;
          receiving = this.obey(line, attempt, socket);
        }
      }
    });
  }

  /** Whether the mail itself comes next. */
  private obey(line: string, attempt: SmtpAttempt, socket: Socket): boolean {
    const told = Object.entries(this.answers).find(([start]) => line.toUpperCase().startsWith(start))?.[1];
    if (/^MAIL FROM/i.test(line)) this.attempts.push(attempt);
    attempt.from ||= /^MAIL FROM:<([^>]*)>/i.exec(line)?.[1] ?? '';
    attempt.to ||= /^RCPT TO:<([^>]*)>/i.exec(line)?.[1] ?? '';
    const plain = /^AUTH PLAIN (\S+)/i.exec(line)?.[1];
    if (plain) attempt.account = Buffer.from(plain, 'base64').toString().split('\0').slice(1).join(':');
    if (told) socket.write(`${told}\r\n`);
    else if (/^EHLO/i.test(line)) socket.write('250-spec\r\n250 AUTH PLAIN\r\n');
    else if (plain) socket.write('235 welcome\r\n');
    else if (/^DATA/i.test(line)) socket.write('354 send it\r\n');
    else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
    else socket.write('250 ok\r\n');
    return !told && /^DATA/i.test(line);
  }
}

export interface ApiRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** The APIs of mail providers, on one address. */
export class ProviderApi {
  readonly requests: ApiRequest[] = [];
  /** What is answered in the place of success. */
  refusal: { status: number; body: object; headers?: Record<string, string> } | undefined;
  private readonly server = createHttpServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const body = JSON.parse(text) as Record<string, unknown>; // what our own code has sent
      this.requests.push({ path: request.url ?? '', headers: request.headers, body });
      const {
        status,
        body: answer,
        headers,
      } = this.refusal ?? { status: 200, body: { id: 'x' }, headers: {} };
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(answer));
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }
}
