package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/utils/exec"
	"sigs.k8s.io/yaml"
)

// nodes is kwok and, at listen, the kubelet that the API server calls for every simulated node. kwok's own exec
// runs the client's command on this machine, for anyone who reaches its port; here exec is answered from a file,
// nothing is run, and only the API server may call. All other calls go on to kwok.
func nodes(listen, kwokListen, execFile string, flags []string) error {
	ca, err := os.ReadFile("ca.crt")
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	pods, err := newPodWatch("kwok.kubeconfig")
	if err != nil {
		return err
	}
	serveExec := func(w http.ResponseWriter, r *http.Request) {
		options, err := remotecommand.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		remotecommand.ServeExec(w, r, canned{execFile, pods}, r.PathValue("namespace")+"/"+r.PathValue("pod"), r.PathValue("uid"), r.PathValue("container"),
			r.Form["command"], options, time.Hour, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", serveExec)
	mux.HandleFunc("/exec/{namespace}/{pod}/{uid}/{container}", serveExec)
	mux.Handle("/", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: kwokListen}))
	server := http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second, TLSConfig: &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs:  pool,
		VerifyConnection: func(s tls.ConnectionState) error {
			if name := s.PeerCertificates[0].Subject.CommonName; name != "kube-apiserver-kubelet-client" {
				return fmt.Errorf("%q is not the API server", name)
			}
			return nil
		},
	}}
	go func() { log.Fatal(server.ListenAndServeTLS("server.crt", "server.key")) }()
	os.Args = append([]string{"kwok", "--server-address=" + kwokListen}, flags...)
	return simulateNodes()
}

// canned answers exec with the first rule of its file that matches; the file is read at each call.
type canned struct {
	file string
	pods podWatch
}

// rule's Pod ("namespace/name"), Container and Command (arguments joined by a space) are regular expressions
// of the whole text; an empty one matches all.
type rule struct {
	Pod, Container, Command string
	Stdout, Stderr          string
	Exit                    int
	Seconds                 float64 // to wait before the answer
}

func (c canned) ExecInContainer(ctx context.Context, pod, _, container string, command []string, _ io.Reader, stdout, stderr io.WriteCloser,
	_ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return err
	}
	var rules []rule
	if err := yaml.UnmarshalStrict(data, &rules); err != nil {
		return err
	}
	line := strings.Join(command, " ")
	for i, r := range rules {
		ok, err := r.matches(pod, container, line)
		if err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
		if !ok {
			continue
		}
		log.Printf("exec pod=%s container=%s command=%q rule=%d", pod, container, command, i)
		if err := c.hold(ctx, pod, time.Duration(r.Seconds*float64(time.Second))); err != nil {
			return err
		}
		if stdout != nil {
			_, _ = io.WriteString(stdout, r.Stdout)
		}
		if stderr == nil { // a terminal has one stream
			stderr = stdout
		}
		if stderr != nil {
			_, _ = io.WriteString(stderr, r.Stderr)
		}
		if r.Exit != 0 {
			return exec.CodeExitError{Err: fmt.Errorf("exit status %d", r.Exit), Code: r.Exit}
		}
		return nil
	}
	log.Printf("exec pod=%s container=%s command=%q rule=none", pod, container, command)
	return fmt.Errorf("exec failed: %q: executable file not found in $PATH", line)
}

// hold waits, as a running command would: to its end, to the client's, or to the pod's, which kills it.
func (c canned) hold(ctx context.Context, pod string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	gone := make(chan error, 1)
	go func() { gone <- c.pods.untilGone(ctx, pod) }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	case err := <-gone:
		log.Printf("exec pod=%s killed: %v", pod, err)
		return exec.CodeExitError{Err: err, Code: 137} // what a kubelet reports of a command that got SIGKILL
	}
}

func (r rule) matches(pod, container, command string) (bool, error) {
	for _, pair := range [][2]string{{r.Pod, pod}, {r.Container, container}, {r.Command, command}} {
		if pair[0] == "" {
			continue
		}
		expression, err := regexp.Compile("(?s)^(?:" + pair[0] + ")$")
		if err != nil || !expression.MatchString(pair[1]) {
			return false, err
		}
	}
	return true, nil
}
