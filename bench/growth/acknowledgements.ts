import type * as campaignStoreModule from '../../src/modules/messaging/campaign/campaign.store.js';
import type * as copiesModule from '../../src/modules/messaging/campaign/copies.service.js';
import type * as turnoutModule from '../../src/modules/messaging/campaign/turnout.service.js';
import type * as turnoutStoreModule from '../../src/modules/messaging/campaign/turnout.store.js';
import type * as wakeModule from '../../src/modules/messaging/campaign/campaign-wake.service.js';
import type * as deliveryModule from '../../src/modules/messaging/delivery/index.js';
import type * as inboxModule from '../../src/modules/messaging/inbox/inbox.service.js';
import type * as inboxStoreModule from '../../src/modules/messaging/inbox/inbox.store.js';
import type { Inboxes } from '../../src/modules/messaging/inbox/inbox.service.js';
import type { Scope } from '../../src/platform/scope/index.js';
import { IN_FLIGHT } from '../support/contest.js';
import { product, type Stores } from '../support/product.js';
import type { Act } from './organizations.js';

/** An acknowledgement as it is, and as it was in earlier releases, where each enqueued a check. */
export async function rivals(): Promise<{ name: string; inboxes: Inboxes }[]> {
  const folder = 'modules/messaging';
  const { CampaignStore } = await product<typeof campaignStoreModule>(`${folder}/campaign/campaign.store.js`);
  const { CampaignWake } = await product<typeof wakeModule>(`${folder}/campaign/campaign-wake.service.js`);
  const { Turnout } = await product<typeof turnoutModule>(`${folder}/campaign/turnout.service.js`);
  const { TurnoutStore } = await product<typeof turnoutStoreModule>(`${folder}/campaign/turnout.store.js`);
  const { Copies } = await product<typeof copiesModule>(`${folder}/campaign/copies.service.js`);
  const delivery = await product<typeof deliveryModule>(`${folder}/delivery/index.js`);
  const { Inboxes } = await product<typeof inboxModule>(`${folder}/inbox/inbox.service.js`);
  const { InboxStore } = await product<typeof inboxStoreModule>(`${folder}/inbox/inbox.store.js`);
  const campaigns = new CampaignStore();
  const open = new delivery.OpenDeliveryStore();
  class WakeEachTime extends CampaignWake {
    override async noteActed(scope: Scope, campaignId: string): Promise<void> {
      await open.countWaitedFor(scope, campaignId, ['send']);
      await this.wake(scope, campaignId);
    }
  }
  const inboxesWith = (wake: InstanceType<typeof CampaignWake>): Inboxes =>
    new Inboxes(
      new InboxStore(),
      new delivery.RecipientActStore(),
      new delivery.TestMessageStore(),
      wake,
      new delivery.CounterStore(),
      new Copies(campaigns, new delivery.CopyStore()),
    );
  const turnout = new Turnout(new TurnoutStore());
  return [
    { name: 'compares counters', inboxes: inboxesWith(new CampaignWake(campaigns, open, turnout)) },
    {
      name: 'counts open deliveries and enqueues a check',
      inboxes: inboxesWith(new WakeEachTime(campaigns, open, turnout)),
    },
  ];
}

/** Everybody acknowledges; so many a second. */
export async function acknowledgeAll(
  stores: Stores,
  inboxes: Inboxes,
  acts: readonly Act[],
): Promise<number> {
  const left = [...acts];
  const begin = performance.now();
  const one = async (): Promise<void> => {
    for (let act = left.pop(); act; act = left.pop()) {
      const { caller, deliveryId } = act;
      const action = { actionId: 'ack', payload: new Uint8Array() };
      await stores.run(caller, (scope) => inboxes.submitAction(scope, deliveryId, action));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return acts.length / ((performance.now() - begin) / 1000);
}
