// A gRPC microservice as Nest ships it (@nestjs/microservices over @grpc/grpc-js), with one guard.
import 'reflect-metadata';
import { createServer } from 'node:net';
import { type CanActivate, Controller, type ExecutionContext, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, type GrpcOptions, Transport } from '@nestjs/microservices';
import type { Metadata } from '@grpc/grpc-js';
import { packageDefinition, plainAnswer } from './grpc-definition.js';
import { listen } from './listen.js';
import { readAnswers, ready } from './peer.js';

const answers = readAnswers();
const definition = packageDefinition(answers);
const messages = new Map(answers.map((answer) => [answer.method.name, plainAnswer(definition, answer)]));

class AuthorizationGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getContext<Metadata>().get('authorization').length > 0;
  }
}

@Controller()
@UseGuards(AuthorizationGuard)
class ListRpc {
  @GrpcMethod('CampaignService', 'ListCampaigns')
  listCampaigns(): object {
    return messages.get('ListCampaigns')!;
  }

  @GrpcMethod('RoleService', 'ListRoles')
  listRoles(): object {
    return messages.get('ListRoles')!;
  }

  @GrpcMethod('OrganizationService', 'ListSandboxFixtures')
  listSandboxFixtures(): object {
    return messages.get('ListSandboxFixtures')!;
  }
}

@Module({ controllers: [ListRpc], providers: [AuthorizationGuard] })
class ListModule {}

const port = await freePort();
const app = await NestFactory.createMicroservice<GrpcOptions>(ListModule, {
  transport: Transport.GRPC,
  options: { package: 'pidgr.v1', packageDefinition: definition, url: `127.0.0.1:${port}` },
  logger: ['error', 'warn'],
});
await app.listen();
ready({ http2: port });

/** Nest does not tell which port it got, so it is told one. */
async function freePort(): Promise<number> {
  const server = createServer();
  const free = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return free;
}
