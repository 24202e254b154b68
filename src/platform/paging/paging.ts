import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { z } from 'zod';
import { invalidArgument } from '../errors/index.js';
import { PlaceTokens } from './place-tokens.js';

export interface PageRequest {
  pageSize: number;
  pageToken: string;
}

/**
 * The last row of a page; the next one starts behind it. Lists are newest first, ties by id. `created_at` columns
 * are written from the server's clock, so a Date holds them exactly.
 */
export interface Position {
  createdAt: Date;
  id: string;
}

export interface Page {
  limit: number;
  after?: Position;
}

/** How a list receives its page request; most use a nested message. */
export interface PageForm {
  defaultSize: number;
  /** In front of the names of the fields. */
  path: string;
}

const usual: PageForm = { defaultSize: 20, path: 'pagination.' };
const MAX_SIZE = 100;

const payload = z.tuple([z.number(), z.uuid()]);

/** Page tokens: opaque, authenticated, bound to the organization, the list and its filter. */
@Injectable()
export class Paging {
  private readonly tokens: PlaceTokens;

  constructor(envelope: Envelope) {
    this.tokens = new PlaceTokens(envelope);
  }

  /** `binding` identifies the list that a token is valid for: list, organization, filter. */
  parse(request: PageRequest | undefined, binding: readonly string[], form = usual): Page {
    const { pageSize = 0, pageToken = '' } = request ?? {};
    if (pageSize < 0)
      throw invalidArgument([{ field: `${form.path}page_size`, description: 'must not be negative' }]);
    const limit = pageSize === 0 ? form.defaultSize : Math.min(pageSize, MAX_SIZE);
    return pageToken === '' ? { limit } : { limit, after: this.open(pageToken, binding, form) };
  }

  /** The page's rows and the way on, from one row more than the page holds. */
  pageOf<Row extends Position>(
    rows: readonly Row[],
    page: Page,
    totalCount: number,
    binding: readonly string[],
  ): { items: Row[]; pagination: { nextPageToken: string; totalCount: number } } {
    const items = rows.slice(0, page.limit);
    const last = items.at(-1);
    const nextPageToken = last && rows.length > page.limit ? this.next(last, binding) : '';
    return { items, pagination: { nextPageToken, totalCount } };
  }

  /** The token of the page behind `last`. */
  next(last: Position, binding: readonly string[]): string {
    return this.tokens.seal([last.createdAt.getTime(), last.id], binding);
  }

  private open(token: string, binding: readonly string[], { path }: PageForm): Position {
    const place = this.tokens.open(token, binding, payload);
    if (!place)
      throw invalidArgument([
        { field: `${path}page_token`, description: 'is not a token that this list has issued' },
      ]);
    const [createdAt, id] = place;
    return { createdAt: new Date(createdAt), id };
  }
}
