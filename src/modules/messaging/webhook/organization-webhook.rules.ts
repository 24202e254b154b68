import { validateWebhookUrl } from '@dovecote/workflow';
import { type AppError, invalidArgument, permissionDenied } from '../../../platform/errors/index.js';
import { isPublicAddress } from '../../../platform/outbound/public-address.js';
import type { OrganizationWebhookChange } from './organization-webhook.js';

/** `named` is the organization of the request, `own` that of the caller. */
export function refuseOtherOrganization(named: string, own: string): AppError | undefined {
  if (named.toLowerCase() === own) return undefined;
  return permissionDenied(
    'OTHER_ORGANIZATION',
    'org_id must be the organization that the call is made in: that of x-org-id, of the token or of the API key.',
  );
}

export function isRemoval({ url }: OrganizationWebhookChange): boolean {
  return url === '';
}

/** Posts may go to exempt hosts at any address, over http too. */
export function refuseWebhook(
  change: OrganizationWebhookChange,
  exemptHosts: readonly string[],
): AppError | undefined {
  if (isRemoval(change)) return refuseRemoval(change);
  const violations = validateWebhookUrl(change.url, { isPublicAddress, exemptHosts, field: 'url' });
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** A caller who enables the webhook or gives a secret has not meant to remove it. */
function refuseRemoval({ enabled, secret }: OrganizationWebhookChange): AppError | undefined {
  if (!enabled && secret === undefined) return undefined;
  const description = 'must be an https URL; it is empty only where the webhook is removed';
  return invalidArgument([{ field: 'url', description }]);
}
