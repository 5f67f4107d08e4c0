package rules_test
import ("testing";"fmt";"os")
func TestDbg(t *testing.T){
 b,_:=os.ReadFile(os.Getenv("DBG"))
 name:=os.Getenv("AS"); if name==""{name=os.Getenv("DBG")}
 r:=check(t,name,string(b))
 fmt.Println(r.Doc.Format,"shape",r.Doc.Shape,"err",r.Doc.Err,len(r.Doc.Entries),r.Consumers)
 for i:=range r.Doc.Entries{fmt.Printf("  %q\n",r.Doc.IDText(i).String())}
 for _,f:=range r.Findings{p:=r.Doc.File.Position(f.Span.Start);fmt.Println(p.Line,p.Column,f.Level,f.Rule.ID,f.Message,"|",f.Hint,f.Consumers,fmt.Sprintf("%q",r.Doc.File.Data[f.Span.Start:f.Span.End]))}
}
