// Calls the product and the echo service through grpc-go over cleartext HTTP/2, with code generated from our protos,
// and prints what it saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	testv1 "dovecote/test/protocol/grpc-go-client/gen/dovecote/test/v1"
	pidgrv1 "dovecote/test/protocol/grpc-go-client/gen/pidgr/v1"
)

type sights struct {
	KeyRoles      int      `json:"keyRoles"`
	TokenRoles    int      `json:"tokenRoles"`
	RefusedCode   int      `json:"refusedCode"`
	RefusedReason string   `json:"refusedReason"`
	InvalidCode   int      `json:"invalidCode"`
	InvalidFields []string `json:"invalidFields"`
	DeadlineCode  int      `json:"deadlineCode"`
	EchoText      string   `json:"echoText"`
	EchoHeader    string   `json:"echoHeader"`
	EchoTrailer   string   `json:"echoTrailer"`
	Stream        []int32  `json:"stream"`
	StreamHeader  string   `json:"streamHeader"`
	StreamTrailer string   `json:"streamTrailer"`
	Health        string   `json:"health"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: client <product> <echo> <API key> <token>")
	}
	product, echo := dial(os.Args[1]), dial(os.Args[2])
	seen := sights{}
	callProduct(&seen, pidgrv1.NewRoleServiceClient(product), os.Args[3], os.Args[4])
	callEcho(&seen, testv1.NewEchoServiceClient(echo))
	watch, err := grpc_health_v1.NewHealthClient(product).Watch(bounded(), &grpc_health_v1.HealthCheckRequest{})
	must(err)
	health, err := watch.Recv()
	must(err)
	seen.Health = health.GetStatus().String()
	must(json.NewEncoder(os.Stdout).Encode(seen))
}

func dial(address string) *grpc.ClientConn {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	return connection
}

func callProduct(seen *sights, roles pidgrv1.RoleServiceClient, key, token string) {
	seen.KeyRoles = countRoles(roles, key)
	seen.TokenRoles = countRoles(roles, token)
	_, err := roles.ListRoles(bounded(), &pidgrv1.ListRolesRequest{})
	refusal := status.Convert(err)
	seen.RefusedCode = int(refusal.Code())
	for _, detail := range refusal.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			seen.RefusedReason = info.GetReason()
		}
	}
	_, err = roles.CreateRole(as(key), &pidgrv1.CreateRoleRequest{})
	refusal = status.Convert(err)
	seen.InvalidCode = int(refusal.Code())
	for _, detail := range refusal.Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				seen.InvalidFields = append(seen.InvalidFields, violation.GetField())
			}
		}
	}
}

func countRoles(roles pidgrv1.RoleServiceClient, credential string) int {
	response, err := roles.ListRoles(as(credential), &pidgrv1.ListRolesRequest{})
	must(err)
	return len(response.GetRoles())
}

func callEcho(seen *sights, echo testv1.EchoServiceClient) {
	var header, trailer metadata.MD
	ctx := metadata.AppendToOutgoingContext(bounded(), "x-echo-one", "eins")
	response, err := echo.Echo(ctx, &testv1.EchoRequest{Text: "grüß dich"}, grpc.Header(&header), grpc.Trailer(&trailer))
	must(err)
	seen.EchoText, seen.EchoHeader, seen.EchoTrailer = response.GetText(), first(header, "x-echo-one"), first(trailer, "x-trailer-one")

	short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = echo.Sleep(short, &testv1.SleepRequest{Milliseconds: 60_000})
	seen.DeadlineCode = int(status.Code(err))

	stream, err := echo.Count(bounded(), &testv1.CountRequest{To: 3})
	must(err)
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			break
		}
		must(err)
		seen.Stream = append(seen.Stream, message.GetNumber())
	}
	header, err = stream.Header()
	must(err)
	seen.StreamHeader, seen.StreamTrailer = first(header, "x-count"), first(stream.Trailer(), "x-done")
}

func as(credential string) context.Context {
	return metadata.AppendToOutgoingContext(bounded(), "authorization", "Bearer "+credential)
}

// Lives as long as the program, which is over soon.
func bounded() context.Context {
	ctx, _ := context.WithTimeout(context.Background(), time.Minute)
	return ctx
}

func first(md metadata.MD, name string) string {
	if values := md.Get(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
