/** Automatic properties that exports call by the names of page and campaign parameters. */
export const campaign: Readonly<Record<string, string>> = {
  utm_source: '$utmSource',
  utm_medium: '$utmMedium',
  utm_campaign: '$utmCampaign',
  utm_term: '$utmTerm',
  utm_content: '$utmContent',
};

/** A mapping by names; other names lose the mark of automatic properties, and undefined leaves a property out. */
export function renamed(
  names: Readonly<Record<string, string>>,
  leftOut: readonly string[] = [],
): (name: string) => string | undefined {
  const left = new Set(leftOut);
  return (name) => {
    if (left.has(name)) return undefined;
    return Object.hasOwn(names, name) ? names[name] : name.replace(/^\$+/, '');
  };
}
