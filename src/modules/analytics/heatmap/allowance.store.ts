import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { dailyCap } from './touch.rules.js';

interface Amounts {
  readonly touches: number;
  readonly scrolls: number;
}

// The row is locked: of two calls at once each gets what the other one left.
const take = statement(
  'touch_allowance.take',
  `insert into touch_allowance as known (person, day, touches, scrolls, granted_touches, granted_scrolls)
   values ($1, $2, least($3, ${dailyCap.touches}), least($4, ${dailyCap.scrolls}),
           least($3, ${dailyCap.touches}), least($4, ${dailyCap.scrolls}))
   on conflict (person) do update set
     granted_touches = least($3, ${dailyCap.touches} - known.touches),
     granted_scrolls = least($4, ${dailyCap.scrolls} - known.scrolls),
     touches = least(known.touches + $3, ${dailyCap.touches}),
     scrolls = least(known.scrolls + $4, ${dailyCap.scrolls})
   returning granted_touches as touches, granted_scrolls as scrolls`,
);
const purge = setStatement('touch_allowance.purge', 'delete from touch_allowance where day < $1');

/** How many touches of a person may still be counted today. The person is a hash under the salt of the day. */
@Injectable()
export class AllowanceStore {
  /** Takes as many as are left, at most those that are asked for. */
  async take(scope: Scope, person: string, day: string, asked: Amounts): Promise<Amounts> {
    const row = await (
      await scope.tx()
    ).queryOne<Amounts & Record<string, unknown>>(take, [person, day, asked.touches, asked.scrolls]);
    if (!row) throw new Error('The upsert of an allowance returned no row.');
    return row;
  }

  async purgeBefore(scope: Scope, day: string): Promise<void> {
    await (await scope.tx()).execute(purge, [day]);
  }
}
