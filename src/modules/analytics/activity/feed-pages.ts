import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { z } from 'zod';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { FeedPlace } from './activity.js';

/** Where a page begins, and how far back the one before had to look. */
export interface FeedPosition {
  readonly after: FeedPlace;
  /** A number of `reaches`. */
  readonly reach: number;
}

const payload = z.tuple([z.int(), z.string(), z.string(), z.string(), z.int().min(0)]);
/** What is asked, apart from the range and the size of the page. */
type Binding = readonly unknown[];

/**
 * Page tokens of feeds: opaque, authenticated, bound to the project and to what is asked. Not to the range of time: a
 * client that asks for the last seven days asks for other ones with each page, and the place of the last event says where
 * the next page begins whatever the range.
 */
@Injectable()
export class FeedPages {
  constructor(@Inject(ENVELOPE) private readonly envelope: Envelope) {}

  seal(scope: Scope, asked: Binding, { after, reach }: FeedPosition): string {
    const { time, eventId, personNumber, kindHash } = after;
    return sealToken(this.envelope, [time, eventId, personNumber, kindHash, reach], contextOf(scope, asked));
  }

  /** Undefined for a token that was not given to this question. */
  open(scope: Scope, asked: Binding, token: string): FeedPosition | undefined {
    try {
      const [time, eventId, personNumber, kindHash, reach] = payload.parse(
        openToken(this.envelope, token, contextOf(scope, asked)),
      );
      return { after: { time, eventId, personNumber, kindHash }, reach };
    } catch (error) {
      if (error instanceof UnsealError || error instanceof z.ZodError) return undefined;
      throw error;
    }
  }
}

function contextOf({ orgId, project }: Scope, asked: Binding): string[] {
  const question = createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
  return ['page', 'activity', orgId, String(project.number), question];
}
