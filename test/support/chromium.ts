import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What it says without `--headless`: by its own words it is a robot, whose events are left out of answers. */
export const chromeOfAPerson =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** Debian's Chromium, installed where that is possible; undefined, with the reason printed, where it is not. */
export async function startChromium(): Promise<Browser | undefined> {
  const obstacle = existsSync(executablePath) ? undefined : install();
  if (obstacle === undefined) return chromium.launch({ executablePath, args });
  console.warn(`skipped: ${obstacle}`);
  return undefined;
}

/** Why it cannot be had; undefined when it is there. */
function install(): string | undefined {
  if (process.getuid?.() !== 0) return 'chromium is not installed, and only root can install it';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env,
      stdio: 'ignore',
    });
  } catch {
    return 'apt-get could not install chromium';
  }
  return existsSync(executablePath) ? undefined : 'the package chromium holds no /usr/bin/chromium';
}
