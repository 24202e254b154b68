/** Where a campaign is in its life. Stored under the contract's numbers. */
export const campaignStatus = { created: 1, running: 2, completed: 3, failed: 4, cancelled: 5 } as const;
export type CampaignStatus = (typeof campaignStatus)[keyof typeof campaignStatus];

/** What has become of a recipient's copy. Stored under the contract's numbers. */
export const deliveryStatus = {
  pending: 1,
  sent: 2,
  delivered: 3,
  acknowledged: 4,
  missed: 5,
  noDevice: 6,
  failed: 7,
} as const;
export type DeliveryStatus = (typeof deliveryStatus)[keyof typeof deliveryStatus];

/** Why somebody has a copy. Stored under the contract's numbers. */
export const deliveryKind = { primary: 1, escalation: 2, reminderFyi: 3 } as const;
export type DeliveryKind = (typeof deliveryKind)[keyof typeof deliveryKind];

/** `running`, `noDevice`: the word for a number. */
export function wordFor<Words extends Record<string, number>>(words: Words, value: number): string {
  return Object.keys(words).find((word) => words[word] === value) ?? String(value);
}
