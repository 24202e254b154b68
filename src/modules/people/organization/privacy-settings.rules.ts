/**
 * The privacy switches of an organization and their defaults, which equal the column defaults of the
 * migration.
 */
const privacyToggles = ['ai_clustering', 'behavioral_analytics', 'third_party_channels'] as const;
export type PrivacyToggle = (typeof privacyToggles)[number];

/** On or off; undefined stays as it is. */
export type PrivacyRequest = Partial<Record<PrivacyToggle, boolean>>;

/** A switch that a caller set, also to its current value: repeated consent is recorded, too. */
export interface PrivacyChange {
  toggle: PrivacyToggle;
  wasEnabled: boolean;
  enabled: boolean;
}

export function changesOf(current: Record<PrivacyToggle, boolean>, request: PrivacyRequest): PrivacyChange[] {
  return privacyToggles.flatMap((toggle) => {
    const enabled = request[toggle];
    return enabled === undefined ? [] : [{ toggle, wasEnabled: current[toggle], enabled }];
  });
}

/** `on -> off` for each switch: what the trail says. */
export function describeChanges(changes: readonly PrivacyChange[]): Record<string, string> {
  const word = (enabled: boolean): string => (enabled ? 'on' : 'off');
  return Object.fromEntries(
    changes.map(({ toggle, wasEnabled, enabled }) => [toggle, `${word(wasEnabled)} -> ${word(enabled)}`]),
  );
}
