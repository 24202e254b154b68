import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import type { z } from 'zod';
import { AppError } from '../errors/index.js';
import type { Scope } from '../scope/index.js';
import { PlaceTokens } from './place-tokens.js';

/** A list of a project, and what it is asked for with: its tokens are valid for no other question. */
export interface AskedList {
  readonly list: string;
  /** As JSON. */
  readonly asked: unknown;
}

/** Page tokens of the lists of projects, as the shipped contract refuses them. */
@Injectable()
export class ProjectPages {
  private readonly tokens: PlaceTokens;

  constructor(envelope: Envelope) {
    this.tokens = new PlaceTokens(envelope);
  }

  seal(scope: Scope, list: AskedList, place: readonly unknown[]): string {
    return this.tokens.seal(place, bindingOf(scope, list));
  }

  /** @throws AppError INVALID_PAGE_TOKEN. */
  open<Place>(scope: Scope, list: AskedList, token: string, schema: z.ZodType<Place>): Place {
    const place = this.tokens.open(token, bindingOf(scope, list), schema);
    if (place !== undefined) return place;
    throw new AppError(
      'invalid_argument',
      'INVALID_PAGE_TOKEN',
      'page_token is not a token that this list has issued.',
      { violations: [{ field: 'page_token', description: 'is not a token that this list has issued' }] },
    );
  }
}

function bindingOf({ orgId, project }: Scope, { list, asked }: AskedList): string[] {
  const digest = createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
  return [list, orgId, String(project.number), digest];
}
