import { Module } from '@nestjs/common';
import { IntegrationsService } from '@dovecote/contract/pidgr/v1/integrations_service_pb';
import { CampaignService } from '@dovecote/contract/shared/campaigns/v1/campaigns_pb';
import { DeliveryService } from '@dovecote/contract/shared/delivery/v1/delivery_pb';
import { type ServedMethod, upcomingRpc } from './upcoming.rpc.js';

/**
 * Campaigns and deliveries of the shared contract are pushes to the people of a project, which this release does not send. Our
 * own campaigns go to members of the organization: shown as a project's, they would be something that they are not.
 */
const wholeServices = [CampaignService, DeliveryService];

/** The organization's webhook is there (src/modules/messaging/webhook); the other channels are not. */
const integrations = IntegrationsService.methods.filter(
  ({ localName }) => !['getOrgWebhookConfig', 'setOrgWebhookConfig'].includes(localName),
);

/** The RPCs of the contract that are still to come; a line leaves when its module arrives. */
@Module({
  controllers: [
    ...wholeServices.map((service) => upcomingRpc(service.methods as ServedMethod[])),
    upcomingRpc(integrations as ServedMethod[]),
  ],
})
export class UpcomingModule {}
