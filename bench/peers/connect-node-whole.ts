// @connectrpc/connect-node alone with the whole contract and its plain settings: every call is answered with nothing.
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { create } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { listen } from './listen.js';
import { ready } from './peer.js';

function routes(router: ConnectRouter): void {
  for (const { methods } of [AuthService, CampaignService, RoleService, TemplateService]) {
    for (const method of methods) {
      // A method met at run time carries no kind in its type, so that no implementation fits it statically.
      router.rpc(method, (() => create(method.output)) as never);
    }
  }
}

const handler = connectNodeAdapter({ routes });
ready({ http1: await listen(createServer(handler)), http2: await listen(createHttp2Server(handler)) });
