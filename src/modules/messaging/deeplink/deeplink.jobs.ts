import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { DeeplinkTokens, forgetKeysTask } from './deeplink.service.js';

/** Forgets the keys of an organization whose overlap is over. */
@Injectable()
@HandlesJob({ task: forgetKeysTask })
export class ForgetDeeplinkKeys implements JobHandler {
  constructor(private readonly tokens: DeeplinkTokens) {}

  async handle(_payload: Record<string, unknown>, { run }: JobContext): Promise<void> {
    await run((scope) => this.tokens.forgetRetired(scope));
  }
}
