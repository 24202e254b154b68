import { type Mail, nameInMail } from '../../../platform/mail/index.js';
import { exportAdvice } from './organization-deletion.rules.js';

/** Content of the mails that every super admin gets. */
export interface DeletionNotice {
  orgId: string;
  organization: string;
  /** The address of who requested or cancelled it. */
  by: string;
  dueAt: Date;
}

export function deletionRequestedMail(to: string, { orgId, organization, by, dueAt }: DeletionNotice): Mail {
  const name = nameInMail(organization);
  return {
    to,
    subject: `${name} will be deleted on ${dueAt.toISOString().slice(0, 10)}`,
    text: [
      `${by} has requested the deletion of ${name} (${orgId}).`,
      '',
      `The organization is closed from now on, and its running campaigns are cancelled. After ${dueAt.toISOString()}`,
      'everything in it is deleted permanently, the audit trail included.',
      '',
      'Until then any super admin can cancel that: sign in by code or passkey, and call',
      'OrganizationDeletionService.CancelOrganizationDeletion.',
      '',
      exportAdvice,
      '',
    ].join('\n'),
  };
}

export function deletionCancelledMail(to: string, { orgId, organization, by }: DeletionNotice): Mail {
  const name = nameInMail(organization);
  return {
    to,
    subject: `${name} will not be deleted`,
    text: [
      `${by} has cancelled the deletion of ${name} (${orgId}).`,
      '',
      'The organization is open again. Campaigns that were cancelled stay so.',
      '',
    ].join('\n'),
  };
}

export function organizationDeletedMail(to: string, { orgId, organization, by }: DeletionNotice): Mail {
  const name = nameInMail(organization);
  return {
    to,
    subject: `${name} has been deleted`,
    text: [
      `${name} (${orgId}) and everything in it have been deleted, as ${by} had requested.`,
      '',
      'Your account remains, with your other organizations, if you are in any.',
      '',
    ].join('\n'),
  };
}
