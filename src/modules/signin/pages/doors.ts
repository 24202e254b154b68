import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  type Door,
  type Doorkeeper,
  FORM_BYTES,
  PageError,
  pageForm,
  type Visitor,
} from '../../../platform/http/door/index.js';
import type { Page } from '../../../platform/http/page.js';
import { PageGate } from './page-gate.js';
import { SETUP } from './paths.js';
import { signInPage } from './sign-in.page.js';

/** Refuses the forms of other sites. Who uses a page is proven by the calls that it makes with the person's token. */
@Injectable()
export class OwnForms implements Doorkeeper {
  readonly asks: Doorkeeper['asks'] = 'after_body';
  readonly answersIn = [];

  constructor(protected readonly gate: PageGate) {}

  admit(request: FastifyRequest): Visitor {
    if (request.method === 'POST') this.gate.ownSiteOf(request);
    return { caller: { kind: 'anonymous' } };
  }

  turnAway(refusal: Error): Error {
    return refusal;
  }
}

/** The same for large forms: those of other sites, and of who is not signed in, are refused unread. */
@Injectable()
export class MembersForms extends OwnForms {
  override readonly asks = 'before_body';

  override admit(request: FastifyRequest): Visitor {
    const visitor = super.admit(request);
    if (request.method === 'POST' && !this.gate.session(request)) {
      throw new PageError(signedOutPage(), 'The form needs a session.');
    }
    return visitor;
  }
}

export const ownPageDoor: Door = { form: pageForm, counts: 'forms', bodyBytes: FORM_BYTES, keeper: OwnForms };
/** 512 KiB of metadata, percent-encoded. */
export const setupDoor: Door = { ...ownPageDoor, bodyBytes: 1024 * 1024, keeper: MembersForms };

export function signedOutPage(): Page {
  return signInPage({ error: 'You have been signed out; sign in again.', next: SETUP });
}
