import { Injectable } from '@nestjs/common';
import type { SendNotification } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import type { Scope } from '../../platform/scope/index.js';
import { Devices } from '../device/index.js';
import { Renderer, type RenderForRecipient, type RenderResult, Turns } from '../render/index.js';
import { Templates } from '../template/index.js';
import type { Campaign } from './campaign.js';
import { type CampaignRun, CampaignRunStore } from './campaign-run.store.js';
import { CounterStore } from './counter.store.js';
import { FanOutStore, type NewDelivery } from './fan-out.store.js';
import { deliveryStatus } from './status.js';

/** Recipients per transaction: long enough to be set-based, short enough that nothing waits for it. */
const PIECE = 1_000;

/** Actions have one id for all messages: clients echo it. */
const acknowledge = 'ack';

/** Sends a step's message to the frozen audience, piece by piece. */
@Injectable()
export class FanOut {
  constructor(
    private readonly store: FanOutStore,
    private readonly runs: CampaignRunStore,
    private readonly counters: CounterStore,
    private readonly templates: Templates,
    private readonly renderer: Renderer,
    private readonly devices: Devices,
  ) {}

  /** Sends the piece behind the cursor; false when the audience has been reached to its end. */
  async sendNext(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
    stepId: string,
    config: SendNotification,
  ): Promise<boolean> {
    const slots = await this.store.nextRecipients(scope, campaign.id, run.cursor, PIECE);
    const last = slots.at(-1);
    if (!last) return false;
    const recipients = slots.filter(
      ({ reachable, restricted }) => reachable && (campaign.includeRestricted || !restricted),
    );
    const userIds = recipients.map(({ userId }) => userId);
    const [devices, profiles, render] = await Promise.all([
      this.devices.activeByUser(scope, userIds),
      this.renderer.profiles(scope, userIds),
      this.rendererOf(scope, campaign, config),
    ]);
    const deliveries: NewDelivery[] = [];
    const turns = new Turns();
    for (const { userId, variables } of recipients) {
      const profile = profiles.get(userId);
      if (profile)
        deliveries.push(toDelivery(userId, render({ ...profile, variables }), devices.get(userId) ?? []));
      await turns.take();
    }
    const sent = await this.store.insert(scope, { campaign, stepId, deliveries, createdAt: scope.now() });
    await this.counters.add(scope, campaign.id, { recipients: sent });
    await this.runs.moveCursor(scope, campaign.id, last.position);
    await scope.audit('MESSAGE_SENT', {
      entityType: 'campaign',
      entityId: campaign.id,
      metadata: { step_id: stepId, deliveries: String(sent) },
    });
    return slots.length === PIECE;
  }

  private async rendererOf(
    scope: Scope,
    campaign: Campaign,
    config: SendNotification,
  ): Promise<RenderForRecipient> {
    const templateId = config.templateId || campaign.templateId;
    const version = config.templateVersion || campaign.templateVersion;
    const template = await this.templates.getVersion(scope, templateId, version);
    return this.renderer.compile({
      template,
      title: campaign.title || undefined,
      senderName: campaign.senderName,
      actions:
        config.actionType === 'ACK'
          ? [{ id: acknowledge, type: 'ACK', label: config.actionLabel || 'Acknowledge' }]
          : [],
      stepVariables: config.customVariables,
      locale: template.sourceLocale,
    });
  }
}

function toDelivery(userId: string, rendered: RenderResult, deviceIds: string[]): NewDelivery {
  const base = { id: uuid(), userId };
  if (!rendered.ok) {
    return {
      ...base,
      deviceIds: [],
      status: deliveryStatus.failed,
      content: undefined,
      failure: rendered.error,
    };
  }
  const status = deviceIds.length > 0 ? deliveryStatus.sent : deliveryStatus.noDevice;
  return { ...base, deviceIds, status, content: rendered.content, failure: '' };
}
