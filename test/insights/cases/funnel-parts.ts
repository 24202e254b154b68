import type { FunnelQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { event, june, select, world } from './write.js';

export const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function funnel(steps: readonly string[], parts: Partial<FunnelQuery> = {}): FunnelQuery {
  return {
    ...june,
    type: 'funnel',
    steps: steps.map(select),
    conversionMs: 30 * DAY,
    timing: false,
    ...parts,
  };
}

export const plan = (limit: number) => ({ breakdown: { properties: ['plan'], limit } });
export const pro = { properties: { plan: 'pro' } };
export const free = { properties: { plan: 'free' } };

export const shop = world([
  event('ann', 'view', '02 10:00', pro),
  event('ann', 'cart', '02 10:10', pro),
  event('ann', 'buy', '02 11:00', pro),
  event('bob', 'view', '03 10:00', free),
  event('bob', 'cart', '04 10:00', pro),
  event('cid', 'view', '03 10:00', free),
  event('dan', 'buy', '05 10:00', free),
  event('eve', 'search', '05 10:00', free),
]);

export const sameMillisecond = (viewId: string, buyId: string) =>
  world([event('ann', 'buy', '02 10:00', { id: buyId }), event('ann', 'view', '02 10:00', { id: viewId })]);
