import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type BulkInviteResult, BulkInviteResultSchema } from '@dovecote/contract/pidgr/v1/member_pb';
import {
  ThemePreference,
  type User,
  type UserProfile,
  UserProfileSchema,
  UserSchema,
  type UserSettings,
  UserSettingsSchema,
} from '@dovecote/contract/pidgr/v1/user_pb';
import { toRole } from '../role/index.js';
import type { BulkInvitation } from './bulk-invitations.service.js';
import { emptyProfile, type ProfileRequest } from './member.rules.js';
import type { Member } from './member.store.js';

export function toUser(member: Member): User {
  return create(UserSchema, {
    id: member.id,
    email: member.email,
    name: member.name,
    status: member.status,
    createdAt: timestampFromDate(member.createdAt),
    role: toRole(member.role),
    roleId: member.roleId,
    profile: create(UserProfileSchema, { ...member.profile, managerId: member.managerId ?? '' }),
    processingRestricted: member.processingRestricted,
    dataGovernanceRegion: member.dataGovernanceRegion,
  });
}

/**
 * The fields of a member that colleagues in a common team or group see without permission to read members.
 */
export function toColleague({ id, email, name, status, createdAt }: Member): User {
  return create(UserSchema, { id, email, name, status, createdAt: timestampFromDate(createdAt) });
}

export function toBulkInviteResult({ email, member, error }: BulkInvitation): BulkInviteResult {
  const user = member && toUser(member);
  return create(BulkInviteResultSchema, { email, success: user !== undefined, error, user });
}

export function toUserSettings(member: Member): UserSettings {
  return create(UserSettingsSchema, {
    themePreference: member.themePreference || ThemePreference.SYSTEM,
    preferredLocale: member.preferredLocale,
  });
}

/** What is empty is not stored; a profile left out is an empty one. */
export function toProfileRequest(profile: UserProfile | undefined): ProfileRequest {
  if (!profile) return emptyProfile;
  const { $typeName: _, $unknown: __, managerId, customAttributes, ...texts } = profile;
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
  return {
    profile: { ...given, customAttributes: { ...customAttributes } },
    managerId: managerId.toLowerCase() || null,
  };
}
