import { describe, expect, test } from '@jest/globals';
import { contractOf, isForSdks } from './contract.rules.js';
import { services } from './index.js';

const named = (wanted: (typeName: string) => boolean): string[] =>
  services
    .map(({ typeName }) => typeName)
    .filter(wanted)
    .sort();

describe('the contract of a service', () => {
  test('is the documented one for packages without a boundary in front', () => {
    const documented = named((name) => contractOf(name) === 'documented');
    expect(documented).toContain('insights.v1.InsightsService');
    expect(documented.filter((name) => !/^[a-z]+\.v1\.[A-Za-z]+$/.test(name))).toEqual([]);
  });

  test('is the shipped one for packages of its boundaries', () => {
    const shipped = named((name) => contractOf(name) === 'shipped');
    expect(shipped).toContain('shared.insights.v1.InsightsService');
    expect(shipped.filter((name) => !/^(?:dashboard|public|sdk|shared)\./.test(name))).toEqual([]);
  });

  test('is our own for all others, whatever their last names', () => {
    expect(
      named((name) => contractOf(name) === 'own').every((name) => /^(?:pidgr|dovecote)\./.test(name)),
    ).toBe(true);
    expect(contractOf('dovecote.insights.v1.InsightsService')).toBe('own');
  });

  test('is also known of a message', () => {
    expect(contractOf('events.v1.BatchCreateRequest')).toBe('documented');
    expect(contractOf('sdk.events.v1.BatchCreateRequest')).toBe('shipped');
  });
});

test('SDKs call the services that write, and no other', () => {
  expect(named(isForSdks).filter((name) => !name.startsWith('sdk.'))).toEqual([
    'events.v1.EventsService',
    'profiles.v1.ProfilesSDKService',
  ]);
  expect(isForSdks('profiles.v1.ProfilesService')).toBe(false);
});
