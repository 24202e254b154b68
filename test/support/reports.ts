import {
  CampaignReportService,
  type GetCampaignStatisticsResponse,
  type GetDeliveryTimelineResponse,
  TimelineEvent_Type as EventType,
} from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { expect } from '@jest/globals';
import type { Actor } from './cast.js';
import type { TestServer } from './test-server.js';

export const reports = (who: Actor) => who.client(CampaignReportService);

/** The id of the message that a member of the audience has. */
export async function deliveryOf(s: TestServer, campaignId: string, { userId }: Pick<Actor, 'userId'>) {
  const [own] = await s.database.query<{ id: string }>(
    'select id from delivery where campaign_id = $1 and user_id = $2 and kind = 1',
    [campaignId, userId],
  );
  return own?.id ?? '';
}

export const eventsOf = ({ events }: GetDeliveryTimelineResponse) =>
  events.map(({ type }) => EventType[type]);
export const textsOf = ({ events }: GetDeliveryTimelineResponse) => events.map(({ text }) => text);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Primary deliveries and copies, as the steps count them; with these statuses. */
function counted(
  { steps }: GetCampaignStatisticsResponse,
  isPrimary: boolean,
  ...statuses: DeliveryStatus[]
) {
  const counts = steps
    .flatMap((step) => step.counts)
    .filter(({ kind }) => (kind === Kind.PRIMARY) === isPrimary);
  return sum(
    counts
      .filter(({ status }) => statuses.length === 0 || statuses.includes(status))
      .map(({ count }) => count),
  );
}

/** What holds at every instant. */
export function expectSums(figures: GetCampaignStatisticsResponse): void {
  const { totals, steps, audienceSize } = figures;
  for (const { counts, withoutDelivery } of steps) {
    if (!withoutDelivery) continue;
    const sent = sum(counts.filter(({ kind }) => kind === Kind.PRIMARY).map(({ count }) => count));
    expect(sent + withoutDelivery.waiting + withoutDelivery.passedOver).toBe(audienceSize);
    expect(Math.min(withoutDelivery.waiting, withoutDelivery.passedOver)).toBeGreaterThanOrEqual(0);
  }
  expect(counted(figures, true) + (totals?.erasedRecipients ?? 0)).toBe(totals?.recipients);
  expect(counted(figures, false) + (totals?.erasedCopies ?? 0)).toBe(totals?.copies);
  if (totals?.erasedRecipients) return;
  expect(counted(figures, true, DeliveryStatus.ACKNOWLEDGED)).toBe(totals?.acknowledged);
  expect(counted(figures, true, DeliveryStatus.MISSED)).toBe(totals?.missed);
}

/** Erases a member now. */
export async function erase(admin: Actor, person: Actor, anonymize: boolean): Promise<void> {
  const privacy = admin.client(PrivacyService);
  const { requestId } = await privacy.deleteUserData({ userId: person.userId, anonymize });
  await privacy.immediateDelete({ requestId, confirmationEmail: person.email });
}
