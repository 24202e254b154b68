// Rows to messages, with the defaults of protobuf left out: in the form of JSON, or in that of protobufjs.
import type { DescEnum } from '@bufbuild/protobuf';
import { Delivery_KindSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  ActionTypeSchema,
  CampaignStatusSchema,
  DeliveryStatusSchema,
  PermissionSchema,
  StepTypeSchema,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { UserStatusSchema } from '@dovecote/contract/pidgr/v1/user_pb';

/** What JSON and protobufjs spell differently. */
export interface Form {
  readonly json: boolean;
  /** Microseconds since the epoch, beyond what a Date holds. */
  time(at: Date, micros?: number): unknown;
  enumeration(names: readonly string[], value: number): unknown;
  /** proto-loader reads maps from descriptors as lists of their entries. */
  map(entries: Readonly<Record<string, string>>): unknown;
}

export const jsonForm: Form = {
  json: true,
  time(at, micros = 0) {
    const text = at.toISOString();
    if (micros > 0) return `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
    return at.getUTCMilliseconds() === 0 ? `${text.slice(0, 19)}Z` : text;
  },
  enumeration: (names, value) => names[value],
  map: (entries) => entries,
};

export const protoForm: Form = {
  json: false,
  time(at, micros = 0) {
    const ms = at.getTime();
    const seconds = Math.floor(ms / 1000);
    return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 + micros * 1000 };
  },
  enumeration: (_names, value) => value,
  map: (entries) => Object.entries(entries).map(([key, value]) => ({ key, value })),
};

const namesOf = ({ values }: DescEnum): string[] => {
  const names: string[] = [];
  for (const { number, name } of values) names[number] = name;
  return names;
};
const campaignStatuses = namesOf(CampaignStatusSchema);
const deliveryStatuses = namesOf(DeliveryStatusSchema);
const deliveryKinds = namesOf(Delivery_KindSchema);
const permissions = namesOf(PermissionSchema);
const userStatuses = namesOf(UserStatusSchema);

const RUNNING = 2;
const MISSED = 5;

type Fields = Record<string, unknown>;

/** Sets what is no default. */
function fields(all: Fields): Fields {
  const set: Fields = {};
  for (const name in all) {
    const value = all[name];
    if (value !== '' && value !== 0 && value !== false && value !== null && value !== undefined)
      set[name] = value;
  }
  return set;
}

interface Step {
  readonly id: string;
  readonly type: string;
  readonly transitions: Readonly<Record<string, string>>;
  readonly config?: Fields & { readonly kind: string };
}

export interface CampaignRow extends Fields {
  readonly status: number;
  readonly workflow: { readonly steps: readonly Step[] };
  readonly counters: { readonly recipients: number; readonly acknowledged: number; readonly missed: number };
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly audienceSize: number;
}

const stepTypes = new Map(StepTypeSchema.values.map(({ localName, number }) => [localName, number]));
const stepNames = namesOf(StepTypeSchema);
const actionTypes = new Map(ActionTypeSchema.values.map(({ localName, number }) => [localName, number]));
const actionNames = namesOf(ActionTypeSchema);
const actionType = (name: string, form: Form): unknown =>
  form.enumeration(actionNames, actionTypes.get(name)!);

/** A step with one of the two configurations that the campaigns of this benchmark use. */
function step({ id, type, transitions, config }: Step, form: Form): Fields {
  const made: Fields = { id, type: form.enumeration(stepNames, stepTypes.get(type)!) };
  if (config?.kind === 'SEND_NOTIFICATION')
    made.sendNotification = fields({
      type: config.type,
      templateId: config.templateId,
      templateVersion: config.templateVersion,
      actionLabel: config.actionLabel,
      actionType: actionType(config.actionType as string, form),
    });
  if (config?.kind === 'DEADLINE_CHECK') made.deadlineCheck = { delay: config.delay };
  if (Object.keys(transitions).length > 0) made.transitions = form.map(transitions);
  return made;
}

/** Everybody in these audiences can be reached: the current size, which the product remembers, is that of the snapshot. */
export function campaign(row: CampaignRow, form: Form): Fields {
  return fields({
    id: row.id,
    name: row.name,
    templateId: row.templateId,
    templateVersion: row.templateVersion,
    audienceSnapshotRef: row.audienceSnapshotRef,
    status: form.enumeration(campaignStatuses, row.status),
    workflow: { steps: row.workflow.steps.map((one) => step(one, form)) },
    totalRecipients: row.counters.recipients,
    actionCompletedCount: row.counters.acknowledged,
    missedCount: row.counters.missed,
    createdAt: form.time(row.createdAt),
    startedAt: row.startedAt && form.time(row.startedAt),
    completedAt: row.completedAt && form.time(row.completedAt),
    senderName: row.senderName,
    title: row.title,
    critical: row.critical,
    defaultLocale: row.defaultLocale,
    waitForEnrollment: row.waitForEnrollment,
    synthetic: row.synthetic,
    audienceSnapshotSize: row.audienceSize,
    currentAudienceSize: row.audienceSize,
  });
}

export interface RoleRow extends Fields {
  readonly permissions: readonly number[];
}

export function role(row: RoleRow, form: Form): Fields {
  const made = fields({
    id: row.id,
    slug: row.slug,
    name: row.name,
    isDefault: row.isDefault,
    isSystem: row.isSystem,
  });
  if (row.permissions.length > 0)
    made.permissions = row.permissions.map((value) => form.enumeration(permissions, value));
  return made;
}

export interface MemberRow extends Fields {
  readonly status: number;
  readonly createdAt: Date;
  readonly profile: Fields & { readonly customAttributes?: Readonly<Record<string, string>> };
  readonly permissions: readonly number[];
}

export function user(row: MemberRow, form: Form): Fields {
  const { customAttributes, ...texts } = row.profile;
  const profile = fields({ ...texts, managerId: row.managerId });
  if (customAttributes && Object.keys(customAttributes).length > 0)
    profile.customAttributes = form.map(customAttributes);
  return fields({
    id: row.id,
    email: row.email,
    name: row.name,
    status: form.enumeration(userStatuses, row.status),
    createdAt: form.time(row.createdAt),
    role: role({ ...row, id: row.roleId, slug: row.roleSlug, name: row.roleName }, form),
    roleId: row.roleId,
    profile,
    processingRestricted: row.processingRestricted,
    dataGovernanceRegion: row.dataGovernanceRegion,
  });
}

export interface EntryRow extends Fields {
  readonly campaignStatus: number;
  readonly actions: readonly { readonly id: string; readonly type: string; readonly label: string }[];
  readonly status: number;
  readonly kind: number;
  readonly receivedAt: Date;
  readonly readAt: Date | null;
  readonly changedAt: string;
}

export function entry(row: EntryRow, form: Form): Fields {
  const receivedAt = form.time(row.receivedAt);
  const message = fields({
    contentId: row.contentId,
    campaignId: row.campaignId,
    senderName: row.senderName,
    summary: row.summary,
    preview: row.preview,
    body: row.body,
    critical: row.critical,
    createdAt: receivedAt,
    title: row.title,
  });
  if (row.actions.length > 0 && row.campaignStatus === RUNNING && row.status !== MISSED)
    message.actions = row.actions.map(({ id, type, label }) => ({ id, type: actionType(type, form), label }));
  return fields({
    deliveryId: row.deliveryId,
    message,
    status: form.enumeration(deliveryStatuses, row.status),
    read: row.readAt !== null,
    receivedAt,
    kind: form.enumeration(deliveryKinds, row.kind),
    parentDeliveryId: row.parentDeliveryId,
    renderedLocale: row.renderedLocale,
  });
}

/** The cursor of Sync: microseconds since the epoch as a time. */
export function cursor(changedAt: string, form: Form): unknown {
  const micros = Number(changedAt);
  return form.time(new Date(Math.floor(micros / 1000)), micros % 1000);
}
