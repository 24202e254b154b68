/** What is wrong about the address of a picture; undefined: nothing. Empty removes it. */
export function refuseAvatar(url: string): string | undefined {
  if (url === '') return undefined;
  // Browsers of colleagues load it: nothing but an ordinary picture on the web.
  const isUsual = URL.canParse(url) && new URL(url).protocol === 'https:' && !/[\s"'<>\\]/.test(url);
  const hasPassword = isUsual && new URL(url).username !== '';
  return isUsual && !hasPassword ? undefined : 'must be an https URL without credentials';
}
