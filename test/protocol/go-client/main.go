// Calls the echo service through connect-go, in each protocol that it speaks, and prints what it saw as JSON.
//
// connect-go's default client speaks gRPC to http:// addresses over HTTP/1.1, with chunked trailers.
// Messages are dynamic, built from the descriptors that the test hands over: no generated code to keep in step.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const serviceName = "dovecote.test.v1.EchoService"

type outcome struct {
	Messages []json.RawMessage `json:"messages"`
	Header   string            `json:"header,omitempty"`
	Trailer  string            `json:"trailer,omitempty"`
	Code     string            `json:"code,omitempty"`
	Message  string            `json:"message,omitempty"`
	Details  []string          `json:"details,omitempty"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: go-client <url> <descriptor set>")
	}
	service, err := loadService(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	results := map[string]map[string]outcome{}
	for name, options := range protocols() {
		for version, client := range httpClients() {
			caller := caller{client, os.Args[1], service, options}
			results[name+" over "+version] = caller.everything()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}

func protocols() map[string][]connect.ClientOption {
	return map[string][]connect.ClientOption{
		"gRPC":         {connect.WithGRPC()},
		"gRPC-Web":     {connect.WithGRPCWeb()},
		"Connect":      {},
		"Connect JSON": {connect.WithProtoJSON()},
		"Connect GET":  {connect.WithHTTPGet(), connect.WithHTTPGetMaxURLSize(4096, true)},
	}
}

func httpClients() map[string]*http.Client {
	h2c := &http.Transport{Protocols: new(http.Protocols)}
	h2c.Protocols.SetUnencryptedHTTP2(true)
	return map[string]*http.Client{"HTTP/1.1": http.DefaultClient, "HTTP/2": {Transport: h2c}}
}

func loadService(path string) (protoreflect.ServiceDescriptor, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(bytes, &set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	descriptor, err := files.FindDescriptorByName(serviceName)
	if err != nil {
		return nil, err
	}
	return descriptor.(protoreflect.ServiceDescriptor), nil
}

type caller struct {
	http    *http.Client
	url     string
	service protoreflect.ServiceDescriptor
	options []connect.ClientOption
}

func (c caller) everything() map[string]outcome {
	large := `{"text":"` + strings.Repeat("a", 100_000) + `"}`
	return map[string]outcome{
		"echo":      c.unary("Echo", `{"text":"grüß dich","number":"9007199254740993"}`, time.Minute),
		"gzip":      c.unary("Echo", large, time.Minute, connect.WithSendGzip()),
		"too large": c.unary("Fail", `{"message":"`+strings.Repeat("a", 300_000)+`"}`, time.Minute),
		"fail":      c.unary("Fail", `{"code":9,"message":"nö: a/b"}`, time.Minute),
		"unknown":   c.unary("Nothing", `{}`, time.Minute),
		"deadline":  c.unary("Sleep", `{"milliseconds":60000}`, 100*time.Millisecond),
		"stream":    c.stream("Count", `{"to":3}`),
	}
}

func (c caller) client(name string, more ...connect.ClientOption) (*connect.Client[dynamicpb.Message, dynamicpb.Message], protoreflect.MethodDescriptor) {
	method := c.service.Methods().ByName(protoreflect.Name(name))
	if method == nil {
		// A method that the server does not have borrows the shape of one that it has.
		method = c.service.Methods().ByName("Sleep")
	}
	idempotency := method.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel()
	options := append(append([]connect.ClientOption{
		connect.WithSchema(method),
		connect.WithIdempotency(connect.IdempotencyLevel(idempotency)),
		connect.WithResponseInitializer(initialize),
	}, c.options...), more...)
	return connect.NewClient[dynamicpb.Message, dynamicpb.Message](c.http, c.url+"/"+serviceName+"/"+name, options...), method
}

func initialize(spec connect.Spec, message any) error {
	dynamic, isDynamic := message.(*dynamicpb.Message)
	method, hasSchema := spec.Schema.(protoreflect.MethodDescriptor)
	if !isDynamic || !hasSchema {
		return errors.New("no schema for the response")
	}
	*dynamic = *dynamicpb.NewMessage(method.Output())
	return nil
}

func (c caller) unary(name, body string, timeout time.Duration, more ...connect.ClientOption) outcome {
	client, method := c.client(name, more...)
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request := connect.NewRequest(parse(method, body))
	request.Header().Set("x-echo-one", "eins")
	response, err := client.CallUnary(ctx, request)
	if err != nil {
		return failed(err)
	}
	return outcome{
		Messages: []json.RawMessage{format(response.Msg)},
		Header:   response.Header().Get("x-echo-one"),
		Trailer:  response.Trailer().Get("x-trailer-one"),
	}
}

func (c caller) stream(name, body string) outcome {
	client, method := c.client(name)
	stream, err := client.CallServerStream(context.Background(), connect.NewRequest(parse(method, body)))
	if err != nil {
		return failed(err)
	}
	defer stream.Close()
	result := outcome{}
	for stream.Receive() {
		result.Messages = append(result.Messages, format(stream.Msg()))
	}
	if err := stream.Err(); err != nil {
		return failed(err)
	}
	result.Header = stream.ResponseHeader().Get("x-count")
	result.Trailer = stream.ResponseTrailer().Get("x-done")
	return result
}

func failed(err error) outcome {
	result := outcome{Code: connect.CodeOf(err).String(), Message: err.Error()}
	var connectError *connect.Error
	if errors.As(err, &connectError) {
		result.Message = connectError.Message()
		for _, detail := range connectError.Details() {
			result.Details = append(result.Details, detail.Type())
		}
	}
	return result
}

func parse(method protoreflect.MethodDescriptor, body string) *dynamicpb.Message {
	message := dynamicpb.NewMessage(method.Input())
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(body), message); err != nil {
		log.Fatal(err)
	}
	return message
}

func format(message *dynamicpb.Message) json.RawMessage {
	bytes, err := protojson.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	return bytes
}
