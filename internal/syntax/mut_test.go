package syntax
import ("testing";"os";"encoding/json")
func TestMut(t *testing.T){
 data,_:=os.ReadFile("/tmp/mut.json"); var rows []oracleRow
 if err:=json.Unmarshal(data,&rows);err!=nil{t.Fatal(err)}
 bad:=0
 for _, row := range rows {
  tree, e := parseText(row.Text, PyYAML)
  if d := compareOracle(row, tree, e); d!="" { t.Errorf("%q: %s", row.Text, d); bad++ }
  if d := compareGoYAML(row.Text); d!="" { t.Errorf("GO %q: %s", row.Text, d) }
  for _, d := range []Dialect{PyYAML,GoYAML}{ if x:=checkSpans(row.Text,d);x!=""{t.Errorf("SPAN %d %q: %s",d,row.Text,x)}}
 }
 t.Log(len(rows),bad)
}
