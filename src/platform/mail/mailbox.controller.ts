import { Controller, Get, Header, Inject, NotFoundException, Query } from '@nestjs/common';
import { type CapturedMail, CapturedMailbox } from './captured-mail.js';
import { jsonDoor, UseDoor } from '../http/door/index.js';

export interface MailboxOptions {
  /** The mailbox shows sign-in codes without authentication: see mailboxIsReadable. */
  readable: boolean;
}

export const MAILBOX_OPTIONS = Symbol('MailboxOptions');

/**
 * `GET /dev/mailbox?to=<address>`: captured mail as JSON, newest first, for trying the product out.
 * Answers 404 everywhere but in development without a mail server, listening on a loopback address.
 */
@UseDoor(jsonDoor)
@Controller('dev/mailbox')
export class MailboxController {
  constructor(
    @Inject(MAILBOX_OPTIONS) private readonly options: MailboxOptions,
    private readonly mailbox: CapturedMailbox,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Query('to') to: unknown): Promise<{ mail: CapturedMail[] }> {
    if (!this.options.readable) throw new NotFoundException();
    return { mail: await this.mailbox.newest(typeof to === 'string' ? to : '') };
  }
}
