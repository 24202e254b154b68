// @nestjs/throttler is CommonJS and requires the ESM packages of Nest. Under Jest that works only once they have
// been evaluated, so they are imported ahead of everything else.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
