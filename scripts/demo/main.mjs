// Plays the product's main jobs against a running server, with the clients that are generated from the contract.
import { randomUUID } from 'node:crypto';
import { ConnectError } from '@connectrpc/connect';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  ActionType,
  CampaignStatus,
  DeliveryStatus,
  Platform,
  StepType,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { feedSite, showCampaignFunnel } from './campaign-funnel.mjs';
import { showAnalytics } from './analytics.mjs';
import { connect } from './clients.mjs';
import { environment } from './environment.mjs';
import { readCode } from './mailbox.mjs';
import { fail, note, step, waitFor } from './stage.mjs';

const surroundings = await environment();
const { url, adminEmail, apiKey } = surroundings;

async function signIn(email, protocol) {
  const auth = connect(url, protocol)(AuthService);
  const since = Date.now();
  await auth.requestSignInCode({ email });
  const code = await readCode(url, email, since);
  const { tokens } = await auth.verifySignInCode({ email, code, deviceName: `demo (${protocol})` });
  return connect(url, protocol, tokens.accessToken);
}

const workflow = {
  steps: [
    {
      id: 'send',
      type: StepType.SEND_NOTIFICATION,
      config: {
        case: 'sendNotification',
        value: { type: 'push', actionLabel: 'I have read it', actionType: ActionType.ACK },
      },
      transitions: { completed: 'deadline' },
    },
    {
      id: 'deadline',
      type: StepType.DEADLINE_CHECK,
      config: { case: 'deadlineCheck', value: { delay: '1m' } },
      transitions: { completed: 'missed' },
    },
    { id: 'missed', type: StepType.MARK_MISSED },
  ],
};

async function play() {
  step('Admin signs in', `${adminEmail}, by e-mail code, over Connect binary`);
  const admin = await signIn(adminEmail, 'Connect binary');

  step('Template', 'the admin writes a message with a placeholder');
  const { template } = await admin(TemplateService).createTemplate({
    name: 'Fire drill',
    title: 'Fire drill on Monday',
    body: 'Hello {{first_name}},\n\nthe **fire drill** is on Monday at 10:00. Please confirm that you have read this.',
    variables: [{ name: 'first_name', source: 1 }],
  });
  note(`template ${template.id}, version ${template.version}`);

  step('People', 'the admin invites Ada, Bob and Cyd');
  const run = Date.now().toString(36);
  const people = [];
  for (const firstName of ['Ada', 'Bob', 'Cyd']) {
    const email = `${firstName.toLowerCase()}-${run}@acme.example`;
    const { user } = await admin(MemberService).inviteUser({
      email,
      name: firstName,
      profile: { firstName },
    });
    people.push({ firstName, email, userId: user.id });
    note(`${firstName} <${email}>`);
  }

  step('Devices', 'each signs in by e-mail code and registers a phone');
  const [ada, bob, cyd] = people;
  ada.call = await signIn(ada.email, 'Connect JSON');
  bob.call = await signIn(bob.email, 'gRPC');
  cyd.call = await signIn(cyd.email, 'gRPC-Web');
  for (const { call } of people) {
    await call(DeviceService).register({
      deviceId: randomUUID(),
      platform: Platform.IOS,
      pushToken: randomUUID(),
    });
  }

  const project = apiKey && (await feedSite(surroundings));

  step('Campaign', 'the admin creates and starts it: send, wait one minute, mark as missed');
  const campaigns = admin(CampaignService);
  const { campaign } = await campaigns.createCampaign({
    name: 'Fire drill',
    templateId: template.id,
    senderName: 'Safety team',
    userIds: people.map(({ userId }) => userId),
    workflow,
  });
  const campaignId = campaign.id;
  await campaigns.startCampaign({ campaignId });
  await waitFor('all three are reached', async () => {
    const { campaign: now } = await campaigns.getCampaign({ campaignId });
    return now.totalRecipients === 3;
  });

  step('Ada reads', 'she syncs her inbox over Connect JSON and acknowledges');
  const [hers] = (await ada.call(InboxService).sync({})).entries;
  note(`"${hers.message.title}": ${hers.message.summary}`);
  await ada.call(InboxService).markRead({ deliveryId: hers.deliveryId });
  await ada
    .call(ActionService)
    .submitAction({ deliveryId: hers.deliveryId, actionId: hers.message.actions[0].id });

  step('Bob acknowledges', 'over native gRPC');
  const [his] = (await bob.call(InboxService).sync({})).entries;
  await bob
    .call(ActionService)
    .submitAction({ deliveryId: his.deliveryId, actionId: his.message.actions[0].id });

  step('Cyd misses it', 'the deadline is one minute away');
  await waitFor(
    'the deadline passes and the campaign completes',
    async () => (await campaigns.getCampaign({ campaignId })).campaign.status === CampaignStatus.COMPLETED,
    120,
  );

  step('The ledger', apiKey ? 'listed by API key over gRPC-Web' : 'listed by the admin over gRPC-Web');
  const reader = apiKey ? connect(url, 'gRPC-Web', apiKey) : admin;
  const { deliveries } = await reader(CampaignService).listDeliveries({
    campaignId,
    pagination: { pageSize: 20 },
  });
  for (const { recipientEmail, status } of deliveries) {
    note(`${recipientEmail.padEnd(28)} ${DeliveryStatus[status]}`);
  }
  if (project) await showCampaignFunnel(surroundings, project, { campaignId, reader: ada });
}

async function playAll(part) {
  if (part !== undefined && part !== 'analytics') fail('Usage: npm run demo [-- analytics]');
  if (part === undefined) await play();
  if (apiKey) await showAnalytics(surroundings);
  else note('Analytics is left out: set API_KEY to a key with PERMISSION_ANALYTICS_WRITE.');
}

await playAll(process.argv[2]).catch((error) => fail(error instanceof ConnectError ? error.message : error));
