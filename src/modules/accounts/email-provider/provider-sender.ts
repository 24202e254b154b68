import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError } from '../../../platform/errors/index.js';
import { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import {
  type ApiSettings,
  type EmailProvider,
  ProviderRefusal,
  type Sender,
  type SmtpSettings,
} from './email-provider.js';
import {
  domainOf,
  messageIdOf,
  type ProviderMail,
  refusalIn,
  requestFor,
  withoutSecrets,
} from './provider-request.rules.js';

/** For all of a mail by SMTP. A server that sends a byte now and then would hold a worker for ever. */
const DEADLINE_MS = 20_000;
/** A mail server says a few hundred bytes; it is the organization that chose it. */
const MAX_BYTES = 256 * 1024;
const CHECK_MS = 100;
/** The port on which SMTP begins with TLS (RFC 8314). */
const IMPLICIT_TLS_PORT = 465;

/** Gives mail to the providers of organizations, by the guarded client. */
@Injectable()
export class ProviderSender {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly outbound: OutboundClient,
  ) {}

  /** Returns once the provider has accepted the mail; throws a ProviderRefusal otherwise. */
  async send({ orgId, settings, from, replyTo }: EmailProvider, mail: ProviderMail): Promise<void> {
    const sender = { from, replyTo };
    if (settings.kind === 'smtp') await this.sendBySmtp(orgId, settings, sender, mail);
    else await this.sendByApi(orgId, settings, sender, mail);
  }

  private async sendByApi(
    orgId: string,
    settings: ApiSettings,
    sender: Sender,
    mail: ProviderMail,
  ): Promise<void> {
    const { url, headers, body } = requestFor(settings, sender, mail, this.config.mail.apis);
    let response: Response;
    try {
      response = await this.outbound.send(url, { method: 'POST', headers, body, orgId });
    } catch (error) {
      throw new ProviderRefusal(error instanceof AppError ? error.message : 'The provider does not answer.');
    }
    const refusal = refusalIn(response.status, await response.text(), settings.apiKey);
    if (refusal) throw refusal;
  }

  private async sendBySmtp(
    orgId: string,
    settings: SmtpSettings,
    sender: Sender,
    mail: ProviderMail,
  ): Promise<void> {
    const { username, password } = settings;
    let socket: Socket | undefined;
    let watch: NodeJS.Timeout | undefined;
    try {
      socket = await this.outbound.connect({ host: settings.host, port: settings.port, orgId });
      watch = watched(socket);
      const transport = await this.transport(settings, sender, socket);
      await transport.sendMail({
        // As objects, so that no character in them can add a recipient.
        from: { name: '', address: sender.from },
        to: { name: '', address: mail.to },
        ...(sender.replyTo && { replyTo: { name: '', address: sender.replyTo } }),
        subject: mail.subject,
        text: mail.text,
        messageId: messageIdOf(mail, sender),
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      const concerns = refusesRecipient(error) ? 'recipient' : 'provider';
      const said = error instanceof Error ? error.message : 'The mail server does not answer.';
      const secrets = [password, encoded(password), encoded(`\0${username}\0${password}`)];
      throw new ProviderRefusal(withoutSecrets(said, secrets), concerns);
    } finally {
      clearInterval(watch);
      socket?.destroy();
    }
  }

  private async transport(settings: SmtpSettings, sender: Sender, connection: Socket) {
    // Only mail by SMTP needs the package: it is no part of the bundle, and of no start.
    const { createTransport } = await import('nodemailer');
    const { host, port, username, password, useTls } = settings;
    const secure = port === IMPLICIT_TLS_PORT;
    return createTransport({
      host,
      port,
      secure,
      requireTLS: useTls && !secure,
      tls: { ca: this.outbound.ca },
      ...(username && { auth: { user: username, pass: password } }),
      // Else the name of this machine.
      name: domainOf(sender.from),
      greetingTimeout: DEADLINE_MS,
      socketTimeout: DEADLINE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      getSocket: (_options: unknown, callback: (error: null, given: { connection: Socket }) => void) =>
        callback(null, { connection }),
    });
  }
}

/** Ends the connection when the server takes too long, or says too much. */
function watched(socket: Socket): NodeJS.Timeout {
  const end = performance.now() + DEADLINE_MS;
  // Between two listeners of the transport an error would end the process.
  socket.on('error', () => undefined);
  return setInterval(() => {
    if (performance.now() > end) socket.destroy(new Error('The mail server takes too long.'));
    else if (socket.bytesRead > MAX_BYTES) socket.destroy(new Error('The mail server says too much.'));
  }, CHECK_MS);
}

/** Refused for good, at the recipient: another attempt, or another provider, would not help. */
function refusesRecipient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // nodemailer adds these to its errors.
  const { command, responseCode } = error as Error & { command?: string; responseCode?: number };
  return command === 'RCPT TO' && responseCode !== undefined && responseCode >= 550 && responseCode < 560;
}

function encoded(text: string): string {
  return text === '' ? '' : Buffer.from(text).toString('base64');
}
