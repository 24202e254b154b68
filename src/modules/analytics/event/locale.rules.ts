/**
 * A language tag in the case of BCP 47: `en_us` becomes `en-US`, `ZH_HANS_CN` `zh-Hans-CN`. Empty for blank text. What
 * follows a point or an at sign (`de_DE.UTF-8@euro`) is no part of the tag.
 */
export function normalizedLocale(text: string): string {
  const tag = text.split(/[.@]/, 1)[0]?.trim() ?? '';
  let isExtension = false;
  return tag
    .replaceAll('_', '-')
    .split('-')
    .map((subtag, index) => {
      const spelled = isExtension || index === 0 ? subtag.toLowerCase() : inCase(subtag);
      // What follows a single character (`u`, `x`) is not language, script or region, and written small.
      isExtension ||= index > 0 && subtag.length === 1;
      return spelled;
    })
    .join('-');
}

function inCase(subtag: string): string {
  if (/^[a-z]{2}$/i.test(subtag)) return subtag.toUpperCase();
  if (/^[a-z]{4}$/i.test(subtag)) return subtag.charAt(0).toUpperCase() + subtag.slice(1).toLowerCase();
  return subtag.toLowerCase();
}
