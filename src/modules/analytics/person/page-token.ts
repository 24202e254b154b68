import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { z } from 'zod';
import { AppError } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { PersonFilters } from './person.js';
import type { ListPosition } from './person-list.js';

const payload = z.tuple([z.number(), z.string()]);

/** Tokens of the list of people: opaque, and valid for one project and the same filters. */
@Injectable()
export class PeoplePages {
  constructor(@Inject(ENVELOPE) private readonly envelope: Envelope) {}

  seal(scope: Scope, filters: PersonFilters, { at, id }: ListPosition): string {
    return sealToken(this.envelope, [at, id], binding(scope, filters));
  }

  /** @throws AppError INVALID_PAGE_TOKEN. */
  open(scope: Scope, filters: PersonFilters, token: string): ListPosition {
    try {
      const [at, id] = payload.parse(openToken(this.envelope, token, binding(scope, filters)));
      return { at, id };
    } catch (error) {
      if (!(error instanceof UnsealError) && !(error instanceof z.ZodError)) throw error;
      throw new AppError('invalid_argument', 'INVALID_PAGE_TOKEN', 'invalid page token', {
        violations: [{ field: 'page_token', description: 'is not a token that this list has issued' }],
      });
    }
  }
}

function binding({ orgId, project }: Scope, filters: PersonFilters): string[] {
  const digest = createHash('sha256').update(JSON.stringify(filters)).digest('base64url');
  return ['page', 'people', orgId, String(project.number), digest];
}
