import { describe, expect, test } from '@jest/globals';
import { ConfigError, loadConfig } from '../platform/config/index.js';
import { AlreadyRunningError } from '../platform/database/embedded/index.js';
import { configCommand, configProblems } from './config.js';
import { explain } from './errors.js';
import { createProgram } from './program.js';

describe('the command line', () => {
  test('refuses an unknown command and an unknown role with a hint', async () => {
    const refused: string[] = [];
    const refuse = async (...words: string[]): Promise<void> => {
      const program = createProgram({}).exitOverride();
      for (const command of [program, ...program.commands]) {
        command.exitOverride().configureOutput({ writeErr: (text) => void refused.push(text) });
      }
      await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow();
    };
    await refuse('docter');
    await refuse('serve', '--role', 'boss');
    expect(refused.join('')).toContain('Allowed choices are all, api, worker');
    expect(refused.join('')).toContain('dovecote --help');
  });

  test('describes every command', () => {
    const undescribed = createProgram({}).commands.filter((command) => command.description() === '');
    expect(undescribed).toEqual([]);
  });
});

describe('dovecote config', () => {
  test('shows what is set, hides secrets, and fits the terminal', () => {
    const table = configCommand({ PORT: '9000', INTERNAL_SECRET: 'hush' }, {});
    expect(table).toMatch(/^PORT +9000 \(set; default 8080\)$/m);
    expect(table).not.toContain('hush');
  });

  test('as Markdown knows nothing of this machine', () => {
    const table = configCommand({ PORT: '9000' }, { markdown: true });
    expect(table).toContain('| `PORT` | 8080 |');
    expect(table).not.toContain('9000');
  });
});

describe('an unusable variable', () => {
  const usable = {
    CORS_ORIGINS: 'http://localhost:*, *',
    INGEST_PATHS: 'collect, t/v2',
    TRUSTED_PROXIES: '::1, 10.0.0.0/8',
    PASSKEY_ORIGINS:
      'https://app.example.com:8443, http://localhost:*, http://localhost:3000, ios:com.example.app',
    DNS_SERVERS: '192.0.2.53, 192.0.2.54:5353, ::1, [::1], [2001:db8::53]:65535',
  };

  test.each<[keyof typeof usable, string]>([
    ['CORS_ORIGINS', 'app.example.com'],
    ['CORS_ORIGINS', 'https://app.example.com/'],
    ['CORS_ORIGINS', 'https://app.example.com:99999'],
    ['INGEST_PATHS', '/collect'],
    ['INGEST_PATHS', 'a.b'],
    ['INGEST_PATHS', 'a//b'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '300.0.0.1'],
    ['TRUSTED_PROXIES', 'proxy'],
    ['PASSKEY_ORIGINS', 'app.example.com'],
    ['PASSKEY_ORIGINS', 'https://app.example.com:99999'],
    ['PASSKEY_ORIGINS', 'https://app.example.com:443'],
    ['PASSKEY_ORIGINS', 'https://300.0.0.1'],
    ['DNS_SERVERS', 'dns.example.com'],
    ['DNS_SERVERS', '1.2.3'],
    ['DNS_SERVERS', '300.0.0.1'],
    ['DNS_SERVERS', '192.0.2.53:0'],
    ['DNS_SERVERS', '192.0.2.53:99999'],
    ['DNS_SERVERS', '[:::]'],
    ['DNS_SERVERS', '[192.0.2.53]:53'],
  ])('%s=%s is named by config as by every other command', (name, value) => {
    expect(configProblems({ [name]: value })).toEqual([expect.stringContaining(`${name} must be`)]);
    expect(() => loadConfig({ [name]: value })).toThrow(`${name} must be`);
    expect(configProblems({ [name]: usable[name] })).toEqual([]);
  });
});

describe('a failure is explained', () => {
  test('by one sentence for each bad variable', () => {
    const attempt = (): unknown => loadConfig({ PORT: 'x', ROLE: 'y' });
    expect(attempt).toThrow(ConfigError);
    const text = explain(new ConfigError(['PORT must be …', 'ROLE must be …']));
    expect(text).toContain('  PORT must be …\n  ROLE must be …\n');
  });

  test('without a stack where we know what happened, with it where we do not', () => {
    expect(explain(new AlreadyRunningError(7))).not.toContain('at ');
    const refused = Object.assign(new Error('nope'), { code: 'ECONNREFUSED', syscall: 'connect' });
    expect(explain(new AggregateError([refused]))).toContain('doctor');
    expect(explain(Object.assign(new Error('no'), { severity: 'FATAL', code: '28P01' }))).toContain('doctor');
    expect(explain(Object.assign(new Error('no'), { severity: 'ERROR', code: '42703' }))).toContain('at ');
    expect(explain(new Error('unknown'))).toContain('program.spec');
  });
});
