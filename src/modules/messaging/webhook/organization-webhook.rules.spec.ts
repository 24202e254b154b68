import { describe, expect, test } from '@jest/globals';
import { refuseOtherOrganization, refuseWebhook } from './organization-webhook.rules.js';

const acme = '0199b2a0-0000-7000-8000-000000000001';
const change = { url: 'https://hooks.acme.example/x', enabled: true, secret: undefined };

test('a request names the organization of its caller, in any case of letters', () => {
  expect(refuseOtherOrganization(acme.toUpperCase(), acme)).toBeUndefined();
  expect(refuseOtherOrganization('0199b2a0-0000-7000-8000-000000000002', acme)).toMatchObject({
    kind: 'permission_denied',
    reason: 'OTHER_ORGANIZATION',
  });
});

describe('a webhook', () => {
  test.each([
    'http://hooks.acme.example/x',
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://10.1.2.3/x',
    'https://169.254.169.254/latest',
    'https://2130706433/x',
    'https://localhost/x',
    'https://ada:secret@hooks.acme.example/x',
    'ftp://hooks.acme.example/x',
    'hooks.acme.example',
    `https://hooks.acme.example/${'x'.repeat(2048)}`,
  ])('is not %s', (url) => {
    const refusal = refuseWebhook({ ...change, url }, []);
    expect(refusal?.details.violations).toMatchObject([{ field: 'url' }]);
  });

  test('is an https URL of a public host, or of a host that the operator has exempted', () => {
    expect(refuseWebhook(change, [])).toBeUndefined();
    expect(refuseWebhook({ ...change, url: 'http://127.0.0.1:9/x' }, ['127.0.0.1:9'])).toBeUndefined();
  });

  test('is removed by an empty URL alone', () => {
    expect(refuseWebhook({ url: '', enabled: false, secret: undefined }, [])).toBeUndefined();
    expect(refuseWebhook({ url: '', enabled: true, secret: undefined }, [])).toMatchObject({
      kind: 'invalid_argument',
    });
    expect(refuseWebhook({ url: '', enabled: false, secret: 'x'.repeat(16) }, [])).toMatchObject({
      kind: 'invalid_argument',
    });
  });
});
