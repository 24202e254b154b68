/**
 * Waits until `check` returns something; fails with what it last threw or with `what` after `timeoutMs`. The default
 * promises nothing: it is what a machine may take that runs several specs at once. State a limit where one is promised.
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false | null>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < end) {
    try {
      const result = await check();
      if (result) return result;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain: ${what}`, { cause: lastError });
}
