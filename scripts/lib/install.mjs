import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.mjs';
import { say, seconds, stop } from './say.mjs';

/** Installs what package-lock.json says, unless that is what is there. */
export async function install(root) {
  const stamp = join(root, 'node_modules', '.install-scripts-done');
  const current = matchesLock(root);
  if (current && read(stamp) !== undefined) return;
  const scripts = Object.keys(readJson(join(root, 'package.json')).allowScripts);
  if (!current) {
    say('Installing packages (a minute or two the first time) …');
    // Install scripts run by name only, whatever the version of npm; below "error" it complains about our old Node.
    await npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  const installed = scripts.filter(
    (name) => read(join(root, 'node_modules', name, 'package.json')) !== undefined,
  );
  if (installed.length > 0) await npm(root, ['rebuild', ...installed, '--loglevel=error', '--silent']);
  writeFileSync(stamp, `${installed.join('\n')}\n`);
  say(`Packages are ready (${seconds()}).`);
}

async function npm(root, args) {
  const cli = process.env.npm_execpath;
  const [file, words] = cli?.endsWith('.js') ? [process.execPath, [cli, ...args]] : ['npm', args];
  // Standard output belongs to what is being started.
  const env = { ...process.env, npm_config_cache: cacheOf(root), npm_config_update_notifier: 'false' };
  const code = await run(file, words, { cwd: root, env, stdio: ['inherit', 2, 2] }).catch((error) =>
    stop(`npm could not be run: ${error.message}`),
  );
  if (code !== 0)
    stop(`"npm ${args[0]}" failed; its message is above. Fix that and run the same command again.`);
}

/** npm's own cache, or one in this folder where the home directory cannot be written. */
function cacheOf(root) {
  const cache = process.env.npm_config_cache ?? join(homedir(), '.npm');
  return isWritable(cache) ? cache : join(root, 'data', 'npm-cache');
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return error.code === 'ENOENT' && isWritable(dirname(path));
  }
}

/** npm keeps a lock file of what it installed, written last: compare the two. */
function matchesLock(root) {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return false;
  const wanted = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  return wanted.every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    return found === undefined
      ? entry.optional === true
      : found.version === entry.version && found.link === entry.link;
  });
}

function readJson(file) {
  const text = read(file);
  return text === undefined ? undefined : JSON.parse(text);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
