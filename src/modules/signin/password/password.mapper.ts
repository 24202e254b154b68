import { PasswordSetting } from '@dovecote/contract/dovecote/auth/v1/password_pb';

export function toSetting(decided: boolean | null): PasswordSetting {
  if (decided === null) return PasswordSetting.UNSPECIFIED;
  return decided ? PasswordSetting.ON : PasswordSetting.OFF;
}

export function fromSetting(setting: PasswordSetting): boolean | null {
  return setting === PasswordSetting.UNSPECIFIED ? null : setting === PasswordSetting.ON;
}
